import { LdapFault } from '../../../../agent/src/io/ldap/ldapFault';
import { readEnvelope } from '../../../../agent/src/io/ldap/ldapMessage';
import { EntryReader, type ReceivedEntry } from '../../../../agent/src/io/ldap/searchEntry';
import { FakeMessages, operations } from '../../../support/ad/fakeMessages';

const messages = new FakeMessages('short');
const { element, text } = {
  element: messages.element.bind(messages),
  text: messages.text.bind(messages),
};

const read = (...content: readonly Buffer[]): ReceivedEntry =>
  new EntryReader().read(
    readEnvelope(messages.message(1, element(operations.searchEntry, text('CN=x'), ...content))),
  );

const attribute = (name: string, ...values: readonly Buffer[]): Buffer =>
  element(0x30, text(name), element(0x31, ...values));

/** A value that says it is `claimed` bytes long. */
const claiming = (claimed: number, bytes: string): Buffer =>
  Buffer.concat([Buffer.from([0x04, claimed]), Buffer.from(bytes)]);

describe('EntryReader', () => {
  test('a value that reaches beyond the entry is an error, not a shorter value', () => {
    expect(() => read(element(0x30, attribute('mail', claiming(4, 'abc'))))).toThrow(
      'an element that is longer than what holds it',
    );
  });

  test('a value that reaches into the next attribute is an error', () => {
    const list = element(0x30, attribute('mail', claiming(9, 'abc')), attribute('cn', text('value')));
    expect(() => read(list)).toThrow('an element whose parts do not fit into it');
  });

  test('an attribute with something after its values is an error', () => {
    const odd = element(0x30, text('mail'), element(0x31, text('a')), text('b'));
    expect(() => read(element(0x30, odd))).toThrow('an element whose parts do not fit into it');
  });

  test('an entry with something after its attributes is an error', () => {
    expect(() => read(element(0x30), text('more'))).toThrow('something after its attributes');
  });

  test.each([
    ['without attributes', []],
    ['without a list of values', [element(0x30, element(0x30, text('mail')))]],
    ['with values of another kind', [element(0x30, attribute('mail', messages.integer(5)))]],
    ['with an attribute without a name', [element(0x30, attribute('', text('a')))]],
    ['with a range that is none', [element(0x30, attribute('member;range=1-x', text('a')))]],
  ] as readonly (readonly [string, readonly Buffer[]])[])('an entry %s is an error', (_, content) => {
    expect(() => read(...content)).toThrow(LdapFault);
  });

  test('a range stands under the plain name, with its other options', () => {
    const list = element(
      0x30,
      attribute('member'),
      attribute('member;Range=0-1', text('a'), text('b')),
      attribute('cert;binary;range=5-*', text('c')),
    );
    expect(read(list)).toMatchObject({
      attributes: new Map([
        ['member', [Buffer.from('a'), Buffer.from('b')]],
        ['cert;binary', [Buffer.from('c')]],
      ]),
      ranges: [
        { attribute: 'member', from: 0, to: 1 },
        { attribute: 'cert;binary', from: 5, to: null },
      ],
    });
  });
});
