import { manualReasons } from '../../../../shared/core/cloudWrites/deletionOutcome';
import { manualSteps } from '../../../../shared/core/cloudWrites/manualSteps';
import type { CloudId } from '../../../../shared/core/cloudObject';
import { objectTypes } from '../../../../shared/core/objectType';

const id = '00000000-0000-4000-8000-000000000001' as CloudId;
const every = objectTypes.flatMap(type => manualReasons.map(reason => [type, reason] as const));

test.each(every)('%s, %s: signs in, reads the object, then removes it, by its id alone', (type, reason) => {
  const { explanation, caveats, commands } = manualSteps(type, reason, id);
  expect(explanation).not.toBe('');
  expect(caveats.join(' ')).toContain('compare its name');
  expect(commands[0]).toMatch(/^Connect-MgGraph -Scopes [\w.,-]+$/);
  expect(commands[1]).toMatch(/^Get-Mg/);
  expect(commands.at(-1)).toMatch(/Remove-/);
  const ofObject = commands.filter(command => !command.startsWith('Connect-'));
  expect(ofObject.every(command => command.includes(id))).toBe(true);
  // Nothing else of a line that a person pastes comes from outside.
  expect(commands.join('\n').replaceAll(id, '')).not.toMatch(/[0-9a-f]{8}-/);
});

test.each([
  [
    'contact',
    'contactUnsupported',
    'contacts',
    'Contacts-OnPremisesSyncBehavior.ReadWrite.All',
    'Remove-MailContact',
  ],
  [
    'contact',
    'exchangeOwned',
    'contacts',
    'Contacts-OnPremisesSyncBehavior.ReadWrite.All',
    'Remove-MailContact',
  ],
  [
    'group',
    'exchangeOwned',
    'groups',
    'Group-OnPremisesSyncBehavior.ReadWrite.All',
    'Remove-DistributionGroup',
  ],
] as const)(
  'a %s that Exchange Online owns (%s): the cloud takes it over first',
  (type, reason, path, scope, remove) => {
    const { caveats, commands } = manualSteps(type, reason, id);
    expect(caveats[0]).toMatch(/not tried here\. Try one object first/);
    expect(commands[0]).toContain(scope);
    expect(commands[2]).toBe(
      `Invoke-MgGraphRequest -Method PATCH -Uri 'v1.0/${path}/${id}/onPremisesSyncBehavior' -ContentType 'application/json' -Body '{"isCloudManaged": true}'`,
    );
    expect(commands.slice(-2)).toEqual([
      'Connect-ExchangeOnline',
      `Get-Recipient -Filter "ExternalDirectoryObjectId -eq '${id}'" | ForEach-Object { ${remove} -Identity $_.Guid.ToString() }`,
    ]);
  },
);

test.each([
  [
    'user',
    'roleHolder',
    'Connect-MgGraph -Scopes User.ReadWrite.All,Directory.AccessAsUser.All',
    'Remove-MgUser -UserId',
  ],
  ['user', 'restrictedManagement', 'Connect-MgGraph -Scopes User.ReadWrite.All', 'Remove-MgUser -UserId'],
  [
    'group',
    'insufficientRights',
    'Connect-MgGraph -Scopes Group.ReadWrite.All,RoleManagement.ReadWrite.Directory',
    'Remove-MgGroup -GroupId',
  ],
  ['device', 'other', 'Connect-MgGraph -Scopes Device.ReadWrite.All', 'Remove-MgDevice -DeviceId'],
] as const)('a %s, %s', (type, reason, connect, remove) => {
  const { commands } = manualSteps(type, reason, id);
  expect([commands[0], commands.at(-1)]).toEqual([connect, `${remove} ${id}`]);
});

test('says what can not be undone', () => {
  const caveats = (type: (typeof objectTypes)[number]) => manualSteps(type, 'other', id).caveats.join(' ');
  expect(caveats('user')).toContain('30 days');
  expect(caveats('group')).toContain('final');
  expect(caveats('device')).toContain('BitLocker');
  expect(caveats('contact')).toContain('cannot be restored');
});
