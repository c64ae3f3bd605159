import { versionOf } from '../../../../shared/core/review/version';

const etags = [null, { etag: 'W/"1"' }, { etag: 'W/"2"' }];

test('the version changes with the facts, with the decision, and where one of them comes or goes', () => {
  const versions = etags.flatMap(facts => etags.map(decision => versionOf(facts, decision)));
  expect(new Set(versions).size).toBe(9);
});

test('the same rows are the same version', () => {
  expect(versionOf({ etag: 'a' }, { etag: 'b' })).toBe(versionOf({ etag: 'a' }, { etag: 'b' }));
});
