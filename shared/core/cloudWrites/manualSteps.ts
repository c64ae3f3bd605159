import type { CloudId } from '../cloudObject';
import type { ObjectType } from '../objectType';
import type { ManualReason } from './deletionOutcome';

/** What a person does where Graph does not let the app delete. */
export interface ManualSteps {
  /** Why the app cannot, and what to do instead. */
  readonly explanation: string;
  /** What to know before the first command; what is not undone by anything. */
  readonly caveats: readonly string[];
  /** Lines of PowerShell, in this order. */
  readonly commands: readonly string[];
}

const untried =
  'Documented by Microsoft, not tried here. Try one object first, and look at it in Entra ID before and after.';
const connected =
  'The object is read before it is removed: compare its name, and onPremisesSyncEnabled, with the candidate.';

/**
 * The exact commands for an object that Graph does not let the app delete, by type and reason (domain.md, "Deleting"). `id` goes
 * into commands that a person pastes: it is a lower-case GUID by its type.
 */
export function manualSteps(type: ObjectType, reason: ManualReason, id: CloudId): ManualSteps {
  switch (reason) {
    case 'contactUnsupported':
    case 'exchangeOwned':
      return type === 'contact' || type === 'group' ? transferAuthority(type, id) : byHand(type, reason, id);
    case 'roleHolder':
    case 'insufficientRights':
    case 'restrictedManagement':
    case 'other':
      return byHand(type, reason, id);
  }
}

interface Cmdlets {
  readonly scopes: readonly string[];
  readonly get: (id: CloudId) => string;
  readonly remove: (id: CloudId) => string;
  readonly caveats: readonly string[];
}

const cmdlets: { readonly [Type in ObjectType]: Cmdlets } = {
  user: {
    scopes: ['User.ReadWrite.All'],
    get: id =>
      `Get-MgUser -UserId ${id} -Property Id,DisplayName,OnPremisesSyncEnabled | Format-List Id,DisplayName,OnPremisesSyncEnabled`,
    remove: id => `Remove-MgUser -UserId ${id}`,
    caveats: ['It can be restored for 30 days: Restore-MgDirectoryDeletedItem -DirectoryObjectId <id>.'],
  },
  group: {
    scopes: ['Group.ReadWrite.All'],
    get: id =>
      `Get-MgGroup -GroupId ${id} -Property Id,DisplayName,OnPremisesSyncEnabled | Format-List Id,DisplayName,OnPremisesSyncEnabled`,
    remove: id => `Remove-MgGroup -GroupId ${id}`,
    caveats: ['Treat it as final: security groups and distribution lists cannot be restored.'],
  },
  contact: {
    scopes: ['OrgContact.Read.All'],
    get: id => `Get-MgContact -OrgContactId ${id} | Format-List Id,DisplayName,Mail,OnPremisesSyncEnabled`,
    remove: id => removeRecipient('Remove-MailContact', id),
    caveats: ['It cannot be restored.'],
  },
  device: {
    scopes: ['Device.ReadWrite.All'],
    get: id => `Get-MgDevice -DeviceId ${id} | Format-List Id,DisplayName,DeviceId,OnPremisesSyncEnabled`,
    remove: id => `Remove-MgDevice -DeviceId ${id}`,
    caveats: ['Treat it as final, and save the BitLocker keys and the LAPS password first: they go with it.'],
  },
};

/** Exchange Online knows a recipient by the Entra id as ExternalDirectoryObjectId. */
const removeRecipient = (cmdlet: string, id: CloudId): string =>
  `Get-Recipient -Filter "ExternalDirectoryObjectId -eq '${id}'" | ForEach-Object { ${cmdlet} -Identity $_.Guid.ToString() }`;

const connect = (scopes: readonly string[]): string => `Connect-MgGraph -Scopes ${scopes.join(',')}`;

const whyByHand: Readonly<Record<ManualReason, string>> = {
  roleHolder:
    'It holds a directory role, or roles can be assigned to it. The app has no directory role, so that it cannot delete such an ' +
    'object: a Privileged Authentication Administrator (users) or a Privileged Role Administrator (groups) does.',
  insufficientRights:
    'Graph answered 403. Either it holds a directory role or roles can be assigned to it, then an administrator with a higher role ' +
    'deletes it; or the deleter identity lacks its permission (docs/security.md), then grant that and approve again.',
  restrictedManagement:
    'It is a member of a restricted management administrative unit. An administrator whose role is scoped to that unit deletes it; ' +
    'or it stays: somebody protected it on purpose.',
  other:
    'Graph refused for a reason of its own: look its code up in the Microsoft Graph documentation. Where the object is still to go, ' +
    'an administrator deletes it.',
  contactUnsupported: 'Graph does not delete it in this version. An administrator deletes it.',
  exchangeOwned: 'Exchange Online owns it. An administrator deletes it there.',
};

function byHand(type: ObjectType, reason: ManualReason, id: CloudId): ManualSteps {
  const { scopes, get, remove, caveats } = cmdlets[type];
  const higher = reason === 'roleHolder' || reason === 'insufficientRights';
  const more = !higher ? [] : roleScopes[type];
  // A contact goes through Exchange Online.
  const exchange = type === 'contact' ? ['Connect-ExchangeOnline'] : [];
  return {
    explanation: whyByHand[reason],
    caveats: [connected, ...caveats],
    commands: [connect([...scopes, ...more]), get(id), ...exchange, remove(id)],
  };
}

/** What a signed-in administrator's session needs besides, to delete an object that holds a role. */
const roleScopes: { readonly [Type in ObjectType]: readonly string[] } = {
  user: ['Directory.AccessAsUser.All'],
  group: ['RoleManagement.ReadWrite.Directory'],
  contact: [],
  device: [],
};

const authority = {
  group: {
    scope: 'Group-OnPremisesSyncBehavior.ReadWrite.All',
    path: 'groups',
    remove: 'Remove-DistributionGroup',
  },
  contact: {
    scope: 'Contacts-OnPremisesSyncBehavior.ReadWrite.All',
    path: 'contacts',
    remove: 'Remove-MailContact',
  },
} as const;

/** Exchange Online refuses recipients that are synced, so the cloud first becomes the source of authority. */
function transferAuthority(type: 'group' | 'contact', id: CloudId): ManualSteps {
  const { scope, path, remove } = authority[type];
  const { scopes, get, caveats } = cmdlets[type];
  const behaviour = `v1.0/${path}/${id}/onPremisesSyncBehavior`;
  const read = type === 'group' ? 'Group.Read.All' : scopes.join(',');
  return {
    explanation:
      'Microsoft Graph does not delete it, and Exchange Online refuses objects that are synced from on-premises. The documented way: ' +
      'make the cloud its source of authority, then delete it in Exchange Online.',
    caveats: [
      untried,
      'While it is cloud-managed, a change on-premises does not reach it any more.',
      connected,
      ...caveats,
    ],
    commands: [
      connect([read, scope]),
      get(id),
      `Invoke-MgGraphRequest -Method PATCH -Uri '${behaviour}' -ContentType 'application/json' -Body '{"isCloudManaged": true}'`,
      `Invoke-MgGraphRequest -Method GET -Uri '${behaviour}?$select=isCloudManaged'`,
      'Connect-ExchangeOnline',
      removeRecipient(remove, id),
    ],
  };
}
