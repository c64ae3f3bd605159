/** A value of a prediction. An expression that only Azure can evaluate is a text in brackets: `[reference('…').principalId]`. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** A resource as it would be deployed. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly [name: string]: Value;
}

/** What a deployment would make. */
export interface Deployment {
  readonly resources: readonly Resource[];
}

/** A statement about what would be deployed: every problem, in words; none: it holds. Pure, so that changed deployments can be asked. */
export type Check = (deployment: Deployment) => readonly string[];

export const ofType = ({ resources }: Deployment, type: string): readonly Resource[] =>
  resources.filter(resource => resource.type === type);

/** The value at a path of names; undefined: there is none. */
export function at(value: Value | undefined, path: string): Value | undefined {
  let found = value;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as { readonly [name: string]: Value })[name];
  }
  return found;
}

/** A value as a text; what is none, as JSON. */
export const asText = (value: Value | undefined): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** A problem, unless both are the same value. */
export function expectEqual(what: string, found: Value | undefined, wanted: Value | undefined): string[] {
  const [foundText, wantedText] = [textOf(found), textOf(wanted)];
  return foundText === wantedText ? [] : [`${what}: expected ${wantedText}, found ${foundText}`];
}

/** Problems where values of a resource, by path, are not as wanted. */
export const expectValues = (
  resource: Resource,
  wanted: Readonly<Record<string, Value | undefined>>,
): string[] =>
  Object.entries(wanted).flatMap(([path, value]) =>
    expectEqual(`${shortId(resource.id)} ${path}`, at(resource, path), value),
  );

/** Problems where two sets of texts differ. */
export function expectSameSet(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  return [
    ...wanted.filter(text => !found.includes(text)).map(text => `${what}: expected ${text}, not found`),
    ...found.filter(text => !wanted.includes(text)).map(text => `${what}: found ${text}, not expected`),
    ...(new Set(found).size === found.length ? [] : [`${what}: the same twice`]),
  ];
}

const textOf = (value: Value | undefined): string =>
  value === undefined ? 'nothing' : JSON.stringify(ordered(value));

/** Names in the order of the alphabet: it means nothing in a template. */
function ordered(value: Value): Value {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, ordered(each)]),
  );
}

/** The last part of an id: the resource's own name. */
export const nameOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** An id without subscription and resource group. */
export const shortId = (id: string): string => id.replace(/^.*\/resourceGroups\/[^/]+\/providers\//, '');

/** The unique text that ends every name. */
export const tokenOf = ({ resources }: Deployment): string =>
  resources.map(({ id }) => /\/userAssignedIdentities\/id-scan-reader-(\w+)$/.exec(id)?.[1]).find(Boolean) ??
  '';

/** `scan-reader` of `…/userAssignedIdentities/id-scan-reader-<token>`. */
export const identityOf = (deployment: Deployment, id: string): string =>
  nameOf(id)
    .replace(/^id-/, '')
    .replace(new RegExp(`-${tokenOf(deployment)}$`), '');

/** The identity whose `clientId` or `principalId` an expression is; null: it is none. */
export function identityInExpression(
  deployment: Deployment,
  expression: Value | undefined,
  property: 'clientId' | 'principalId',
): string | null {
  const [, id, found] =
    /^\[reference\('([^']+\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^']+)', '[\d-]+'\)\.(\w+)\]$/.exec(
      asText(expression),
    ) ?? [];
  return id !== undefined && found === property ? identityOf(deployment, id) : null;
}

export const appNames = ['scan', 'review'] as const;
export type AppName = (typeof appNames)[number];

/** The id of an app, and of its host's storage. */
export const appId = (deployment: Deployment, app: AppName): string =>
  ofType(deployment, 'Microsoft.Web/sites').find(({ id }) => nameOf(id).startsWith(`func-${app}-`))?.id ?? '';

/** A resource below an app, by the end of its id. */
export const ofApp = (deployment: Deployment, app: AppName, end: string): Resource =>
  deployment.resources.find(({ id }) => id === `${appId(deployment, app)}${end}`) ?? {
    id: `${app}${end}`,
    type: '',
  };

/** Names and values of an app's settings. */
export const appSettings = (deployment: Deployment, app: AppName): Readonly<Record<string, Value>> =>
  (ofApp(deployment, app, '/config/appsettings')['properties'] ?? {}) as Readonly<Record<string, Value>>;
