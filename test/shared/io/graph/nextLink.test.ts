import { PageTrail } from '../../../../shared/io/graph/nextLink';

const first = 'https://graph.microsoft.com/v1.0/users?$top=999';
const trailOf = (): PageTrail => new PageTrail(first);
const next = (link: string): string => trailOf().next(link, 'client-request-id 1');

describe('a nextLink', () => {
  test('is followed as it is', () => {
    const link = 'https://graph.microsoft.com/v1.0/users?$top=999&$skiptoken=a%2Bb%2F==&$select=id,mail';
    expect(next(link)).toBe(link);
  });

  test('may be as long as 16 K, and no longer', () => {
    const link = 'https://graph.microsoft.com/v1.0/users?$skiptoken='.padEnd(16_384, 'x');
    expect(next(link)).toBe(link);
    expect(() => next(`${link}x`)).toThrow('is longer than 16384 characters');
  });

  test.each([
    ['https://graph.example.com/v1.0/users?$skiptoken=a', 'leads to graph.example.com'],
    ['https://graph.microsoft.us/v1.0/users?$skiptoken=a', 'leads to graph.microsoft.us'],
    ['https://graph.microsoft.com.example.com/v1.0/users', 'leads to graph.microsoft.com.example.com'],
    ['https://graph.microsoft.com:444/v1.0/users?$skiptoken=a', 'leads to graph.microsoft.com:444'],
    ['http://graph.microsoft.com/v1.0/users?$skiptoken=a', 'is not https'],
    ['https://graph.microsoft.com@example.com/v1.0/users', 'carries a user name'],
    ['https://user:secret@graph.microsoft.com/v1.0/users', 'carries a user name'],
    ['https://:secret@graph.microsoft.com/v1.0/users', 'carries a user name'],
    ['https://graph.microsoft.com/v1.0/groups?$skiptoken=a', 'leads to another path'],
    ['https://graph.microsoft.com/beta/users?$skiptoken=a', 'leads to another path'],
    ['https://graph.microsoft.com/v1.0/users/delta?$skiptoken=a', 'leads to another path'],
    ['https://graph.microsoft.com/v1.0/users/?$skiptoken=a', 'leads to another path'],
    ['https://graph.microsoft.com/v1.0/users/../groups', 'leads to another path'],
    ['/v1.0/users?$skiptoken=a', 'is no absolute URL'],
    ['', 'is no absolute URL'],
    [first, 'was followed before'],
  ])('%j is refused', (link, problem) => {
    expect(() => next(link)).toThrow(expect.objectContaining({ code: 'graphAnswerInvalid' }));
    expect(() => next(link)).toThrow(problem);
  });

  test('that came before in the list is refused: it would go on for ever', () => {
    const trail = trailOf();
    const [a, b] = ['a', 'b'].map(token => `https://graph.microsoft.com/v1.0/users?$skiptoken=${token}`);
    trail.next(a!, '');
    trail.next(b!, '');
    expect(() => trail.next(a!, '')).toThrow('was followed before');
  });

  test('is not quoted in the message: page tokens and passwords stay out of the log', () => {
    expect(() => next('https://user:secret@graph.microsoft.com/v1.0/users')).toThrow(
      /^A nextLink of https:\/\/graph\.microsoft\.com\/v1\.0\/users was expected, found one that carries a user name\. .*client-request-id 1\)$/,
    );
  });
});
