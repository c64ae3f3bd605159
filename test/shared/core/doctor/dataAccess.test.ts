import { expectedAccess, type Right } from '../../../../shared/core/doctor/dataAccess';
import { identityNames, type IdentityName } from '../../../../shared/core/doctor/diagnosis';
import { containerNames, tableNames } from '../../../../shared/io/storageNames';
import { identityNames as granted } from '../../../../infra/grant/permissions';
import { readDocument, section } from '../../../docs/markdown';

/** How far each role of the document goes. */
const rightOf: Readonly<Record<string, Right>> = {
  'Table Writer': 'write',
  'Blob Writer': 'write',
  'Storage Table Data Contributor': 'remove',
  'Storage Table Data Reader': 'read',
  'Storage Blob Data Reader': 'read',
};
const identities: Readonly<Record<IdentityName, string>> = {
  scanReader: 'scan-reader',
  reviewReader: 'review-reader',
  deleter: 'deleter',
};

const rows = section(readDocument('docs/security.md'), '## Role assignments')
  .split('\n')
  .flatMap(line => {
    const [, identity = '', role = '', scope = ''] = line.split('|').map(cell => cell.trim());
    const right = rightOf[role];
    const names = /^(?:table|container)s? /.test(scope)
      ? [...scope.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name)
      : [];
    return right === undefined
      ? []
      : names.map(name => ({ identity: identity.replaceAll('`', ''), name, right }));
  });

test.each(identityNames)('what the %s may do is what docs/security.md says', identity => {
  const documented = rows
    .filter(row => row.identity === identities[identity])
    .map(({ name, right }) => `${name} ${right}`);
  const expected = expectedAccess(identity)
    .filter(({ right }) => right !== 'none')
    .map(({ name, right }) => `${name} ${right}`);
  expect(expected.toSorted()).toEqual(documented.toSorted());
  expect(documented.length).toBe(identity === 'deleter' ? 0 : 11);
});

test('every table and container is looked at', () => {
  const names = expectedAccess('deleter').map(({ kind, name }) => `${kind} ${name}`);
  expect(names.toSorted()).toEqual(
    [
      ...Object.values(tableNames).map(name => `table ${name}`),
      ...Object.values(containerNames).map(name => `container ${name}`),
    ].toSorted(),
  );
});

test('the identities are those that are granted permissions', () => {
  expect(identityNames).toEqual(granted);
});
