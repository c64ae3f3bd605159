import { readDocument } from '../markdown';

/** A request to Microsoft Graph, as a line of a document makes it. */
export interface GraphCall {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
}

/** What the documents ask of Graph, by method; those of docs/permissions.md are run by test/infra/grantDocument.slow.test.ts. */
const requests: readonly (readonly [string, RegExp])[] = [
  ['get', /^\/applications\(uniqueName='[\w-]+'\)\?\\?\$select=\w+$/],
  ['patch', /^\/applications\(uniqueName='[\w-]+'\)$/],
  ['patch', /^\/applications\/\$APP$/],
  ['delete', /^\/applications\/\$APP$/],
  ['post', /^\/directory\/deletedItems\/\$APP\/restore$/],
  ['get', /^\/servicePrincipals\(appId='\$\w+'\)\?\\?\$select=\w+$/],
  ['patch', /^\/servicePrincipals\(appId='\$\w+'\)$/],
  ['get', /^\/servicePrincipals\/\$MICROSOFT_GRAPH\?\\?\$select=appRoles$/],
  ['get', /^\/servicePrincipals\/\$\(\)\/appRoleAssignments$/],
  ['post', /^\/servicePrincipals\/\$\w+\/appRoleAssignedTo$/],
  ['delete', /^\/servicePrincipals\/\$\w+\/appRoleAssignedTo\/\$\w+$/],
  ['post', /^\/oauth2PermissionGrants$/],
];

/** The ids of the registration's roles, as docs/permissions.md makes them. */
const roleIds = new Set(
  [...readDocument('docs/permissions.md').matchAll(/"id": "([0-9a-f-]{36})", "value": "Orphans\.\w+"/g)].map(
    ([, id]) => id,
  ),
);

/** What is wrong with a request to Graph. */
export function problemsOfGraphCall({ method, url, body }: GraphCall): readonly string[] {
  const address = /^(?:\$GRAPH|https:\/\/graph\.microsoft\.com)\/v1\.0(\/.*)$/.exec(url)?.[1];
  if (address === undefined) return [`${url} is an address neither of the API nor of Microsoft Graph`];
  if (!requests.some(([known, form]) => known === method && form.test(address)))
    return [`${method} ${address} is no request to Microsoft Graph that is known`];
  if (body === null) return method === 'post' && !address.endsWith('/restore') ? ['a body is missing'] : [];
  try {
    const { appRoleId } = JSON.parse(body) as { readonly appRoleId?: string };
    const known = appRoleId === undefined || appRoleId.startsWith('$') || roleIds.has(appRoleId);
    return known ? [] : [`${appRoleId} is no role of the registration`];
  } catch {
    return [`the body is not JSON: ${body}`];
  }
}
