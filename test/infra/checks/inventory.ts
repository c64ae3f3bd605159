import { asText, expectEqual, type Check } from '../deployment';

const everywhere: Readonly<Record<string, number>> = {
  'Microsoft.Resources/resourceGroups': 1,
  'Microsoft.ManagedIdentity/userAssignedIdentities': 3,
  'Microsoft.Authorization/roleDefinitions': 3,
  'Microsoft.OperationalInsights/workspaces': 1,
  'Microsoft.Insights/components': 1,
  'Microsoft.Storage/storageAccounts': 3,
  'Microsoft.Storage/storageAccounts/tableServices': 1,
  'Microsoft.Storage/storageAccounts/tableServices/tables': 5,
  'Microsoft.Storage/storageAccounts/blobServices': 3,
  'Microsoft.Storage/storageAccounts/blobServices/containers': 9,
  'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies': 1,
  'Microsoft.Storage/storageAccounts/queueServices': 1,
  'Microsoft.Storage/storageAccounts/queueServices/queues': 2,
  'Microsoft.Storage/storageAccounts/managementPolicies': 1,
  'Microsoft.Insights/diagnosticSettings': 11,
  'Microsoft.Web/serverfarms': 2,
  'Microsoft.Web/sites': 2,
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': 4,
  'Microsoft.Web/sites/config': 3,
  'Microsoft.Insights/scheduledQueryRules': 6,
  'Microsoft.Insights/workbooks': 1,
};

/** With private networking. */
export const networkInventory: Readonly<Record<string, number>> = {
  'Microsoft.Network/virtualNetworks': 1,
  'Microsoft.Network/publicIPAddresses': 1,
  'Microsoft.Network/natGateways': 1,
  'Microsoft.Network/privateDnsZones': 4,
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': 4,
  'Microsoft.Network/privateEndpoints': 11,
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': 11,
};

/** How many resources of each type there are: no other kind of resource, and none more. Role assignments have a check of their own. */
export const inventoryIs =
  (more: Readonly<Record<string, number>>): Check =>
  ({ resources }) => {
    const found: Record<string, number> = {};
    for (const { type } of resources) found[type] = (found[type] ?? 0) + 1;
    const { 'Microsoft.Authorization/roleAssignments': _, ...others } = found;
    return expectEqual('resources', others, { ...everywhere, ...more });
  };

/** A resource's id says its type and its name: the checks know resources by either. */
export const idsAreConsistent: Check = ({ resources }) =>
  resources.flatMap(({ id, type, name }) => {
    const [provider, ...kinds] = type.split('/');
    const names = asText(name).split('/');
    const path = kinds.map((kind, at) => `${kind}/${names[at]}`).join('/');
    const end = type === 'Microsoft.Resources/resourceGroups' ? `/${path}` : `/providers/${provider}/${path}`;
    return id.endsWith(end) && names.length === kinds.length ? [] : [`${id}: is no ${type} ${asText(name)}`];
  });
