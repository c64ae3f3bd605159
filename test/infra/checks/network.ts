import {
  appId,
  appNames,
  asText,
  at,
  expectEqual,
  expectSameSet,
  expectValues,
  nameOf,
  ofType,
  shortId,
  tokenOf,
  type Check,
  type Resource,
  type Value,
} from '../deployment';

/** Which networks the storage accounts answer: `open` to all, `agents` only from their addresses, `closed` to all public ones. */
export type StorageNetwork =
  | { readonly kind: 'open' }
  | { readonly kind: 'agents'; readonly addresses: readonly string[] }
  | { readonly kind: 'closed' };

export const networkOfStorageIs =
  (data: StorageNetwork, hosts: StorageNetwork): Check =>
  deployment =>
    ofType(deployment, 'Microsoft.Storage/storageAccounts').flatMap(account => {
      const network = nameOf(account.id).startsWith('stdata') ? data : hosts;
      return expectValues(account, {
        'properties.publicNetworkAccess': network.kind === 'closed' ? 'Disabled' : 'Enabled',
        'properties.networkAcls': {
          // Azure's own: lifecycle rules and logs.
          bypass: 'AzureServices',
          defaultAction: network.kind === 'open' ? 'Allow' : 'Deny',
          ipRules:
            network.kind === 'agents' ? network.addresses.map(value => ({ value, action: 'Allow' })) : [],
        },
      });
    });

/** Without private networking there is nothing of a network. */
export const noNetwork: Check = ({ resources }) =>
  resources
    .filter(({ type }) => type.startsWith('Microsoft.Network/'))
    .map(({ id }) => `${shortId(id)}: not expected`);

const services = ['blob', 'queue', 'table'] as const;

const listAt = (value: Value | undefined, path: string): readonly Value[] =>
  (at(value, path) ?? []) as readonly Value[];

/** Every account and both apps have an endpoint in the network, under the name by which everybody calls them; the apps have a way out. */
export const everythingHasAnEndpoint =
  (storageSuffix: string, sitesSuffix: string, prefixes: Readonly<Record<string, string>>): Check =>
  deployment => {
    const token = tokenOf(deployment);
    const vnet = ofType(deployment, 'Microsoft.Network/virtualNetworks')[0];
    if (!vnet) return ['no network'];
    const subnets = (at(vnet, 'properties.subnets') ?? []) as readonly Resource[];
    const zone = (service: string): string =>
      `privatelink.${service === 'sites' ? sitesSuffix : `${service}.${storageSuffix}`}`;
    const wanted = [
      ...ofType(deployment, 'Microsoft.Storage/storageAccounts').flatMap(({ id }) =>
        services.map(service => `${service} of ${shortId(id)} in ${zone(service)}`),
      ),
      ...appNames.map(app => `sites of ${shortId(appId(deployment, app))} in ${zone('sites')}`),
    ];
    const endpoints = ofType(deployment, 'Microsoft.Network/privateEndpoints');
    const found = endpoints.map(endpoint => {
      const connections = listAt(endpoint, 'properties.privateLinkServiceConnections');
      const group = deployment.resources.find(
        ({ id }) => id === `${endpoint.id}/privateDnsZoneGroups/default`,
      );
      const zonesOfGroup = listAt(group, 'properties.privateDnsZoneConfigs');
      const targets = connections.map(
        connection =>
          `${listAt(connection, 'properties.groupIds').map(asText).join('+')} of ${shortId(asText(at(connection, 'properties.privateLinkServiceId')))}`,
      );
      const names = zonesOfGroup.map(each => nameOf(asText(at(each, 'properties.privateDnsZoneId'))));
      return `${targets.join(' and ')} in ${names.join(' and ')}`;
    });
    const zones = ['sites', ...services].map(zone);
    return [
      ...expectSameSet('private endpoints', found, wanted),
      ...endpoints.flatMap(endpoint =>
        expectEqual(
          `${nameOf(endpoint.id)} subnet`,
          at(endpoint, 'properties.subnet.id'),
          `${vnet.id}/subnets/endpoints`,
        ),
      ),
      ...ofType(deployment, 'Microsoft.Network/natGateways').flatMap(gateway =>
        expectValues(gateway, {
          sku: { name: 'Standard' },
          'properties.publicIpAddresses': ofType(deployment, 'Microsoft.Network/publicIPAddresses').map(
            ({ id }) => ({ id }),
          ),
        }),
      ),
      ...ofType(deployment, 'Microsoft.Network/publicIPAddresses').flatMap(address =>
        expectValues(address, {
          sku: { name: 'Standard' },
          'properties.publicIPAllocationMethod': 'Static',
        }),
      ),
      ...expectSameSet(
        'zones',
        ofType(deployment, 'Microsoft.Network/privateDnsZones').map(({ id }) => nameOf(id)),
        zones,
      ),
      ...expectSameSet(
        'links',
        ofType(deployment, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks').map(link =>
          [shortId(link.id), at(link, 'properties.virtualNetwork.id') === vnet.id].join(' '),
        ),
        zones.map(name => `Microsoft.Network/privateDnsZones/${name}/virtualNetworkLinks/vnet-${token} true`),
      ),
      ...expectEqual(
        'subnets',
        Object.fromEntries(
          subnets.map(subnet => [subnet['name'], at(subnet, 'properties.addressPrefix') ?? null]),
        ),
        prefixes,
      ),
      ...subnets.flatMap(subnet => {
        const name = asText(subnet['name']);
        const gateway = at(subnet, 'properties.natGateway.id');
        return [
          ...expectEqual(
            `delegation of ${name}`,
            listAt(subnet, 'properties.delegations').map(each => at(each, 'properties.serviceName') ?? null),
            ['scan', 'review'].includes(name) ? ['Microsoft.App/environments'] : [],
          ),
          ...expectEqual(
            `way out of ${name}`,
            gateway === undefined ? null : nameOf(asText(gateway)),
            name === 'endpoints' ? null : `nat-${token}`,
          ),
        ];
      }),
    ];
  };
