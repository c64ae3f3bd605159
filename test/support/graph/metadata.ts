import type {
  Application,
  AppRoleAssignment,
  Device,
  Group,
  LicenseDetails,
  Organization,
  OAuth2PermissionGrant,
  OrgContact,
  ServicePrincipal,
  SynchronizationJob,
  UnifiedRoleAssignment,
  User,
} from '@microsoft/microsoft-graph-types';
import metadata from './metadata.json';

/** The entity types that the stand-in serves, by their names in Graph's metadata. */
export interface EntityTypes {
  readonly user: User;
  readonly group: Group;
  readonly orgContact: OrgContact;
  readonly device: Device;
  readonly organization: Organization;
  readonly appRoleAssignment: AppRoleAssignment;
  readonly licenseDetails: LicenseDetails;
  readonly unifiedRoleAssignment: UnifiedRoleAssignment;
  readonly synchronizationJob: SynchronizationJob;
  readonly application: Application;
  readonly servicePrincipal: ServicePrincipal;
  readonly oAuth2PermissionGrant: OAuth2PermissionGrant;
}
export type EntityName = keyof EntityTypes;

export interface PropertyType {
  /** Of the value, or of each item of the collection. */
  readonly name: string;
  readonly collection: boolean;
  readonly nullable: boolean;
}

const propertiesByEntity = new Map<string, ReadonlyMap<string, PropertyType>>(
  Object.entries(metadata.types).map(([entity, properties]) => [
    entity,
    new Map(Object.entries(properties).map(([property, type]) => [property, parsePropertyType(type)])),
  ]),
);

/** The properties that an entity type has in Graph's metadata; anything else does not exist. */
export function propertiesOf(entity: EntityName): ReadonlyMap<string, PropertyType> {
  const properties = propertiesByEntity.get(entity);
  if (!properties) throw new RangeError(`metadata.json was expected to have the entity type ${entity}`);
  return properties;
}

/**
 * Throws a TypeError that lists every property which is not in Graph's metadata or has another type there. The contents of complex
 * values (assignedLicense, …) are not checked.
 */
export function assertEntity(entity: EntityName, value: object): void {
  const properties = propertiesOf(entity);
  const problems: string[] = [];
  for (const [name, item] of Object.entries(value)) {
    const type = properties.get(name);
    if (!type) problems.push(`${name} is no property of ${entity}`);
    else if (!fits(type, item)) problems.push(`${name} is no ${spelled(type)}: ${JSON.stringify(item)}`);
  }
  if (!('id' in value)) problems.push('id is missing');
  if (problems.length > 0) throw new TypeError(`Not a Graph ${entity}: ${problems.join('; ')}`);
}

function parsePropertyType(text: string): PropertyType {
  const match = /^(?:Collection\((?<item>\w+)\)|(?<name>\w+))(?<never>!?)$/.exec(text)?.groups;
  const name = match?.['item'] ?? match?.['name'];
  if (!match || name === undefined) throw new TypeError(`metadata.json: a type was expected, found ${text}`);
  return { name, collection: match['item'] !== undefined, nullable: match['never'] === '' };
}

const spelled = ({ name, collection, nullable }: PropertyType): string =>
  `${collection ? `Collection(${name})` : name}${nullable ? '' : '!'}`;

function fits({ name, collection, nullable }: PropertyType, value: unknown): boolean {
  if (value === null) return nullable;
  if (collection) return Array.isArray(value) && value.every(item => item !== null && fitsOne(name, item));
  return fitsOne(name, value);
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Graph writes all times in UTC; parts of a second only where there are any. */
const dateTimeOffset = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z$/;
const enumerations = new Set([
  'groupAccessType',
  'mdmAuthority',
  'partnerTenantType',
  'nativeAuthenticationApisEnabled',
]);

function fitsOne(name: string, value: unknown): boolean {
  switch (name) {
    case 'String':
      return typeof value === 'string';
    case 'Guid':
      return typeof value === 'string' && guid.test(value);
    case 'Boolean':
      return typeof value === 'boolean';
    case 'Int32':
      return typeof value === 'number' && (value | 0) === value;
    case 'DateTimeOffset':
      return typeof value === 'string' && dateTimeOffset.test(value) && !Number.isNaN(Date.parse(value));
    default:
      if (enumerations.has(name)) return typeof value === 'string';
      return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
}

/** The ids of directory objects are lower-case GUIDs, though the metadata says String. */
export const isObjectId = (text: string): boolean => guid.test(text);
