import { z } from 'zod';
import { AppError } from '../../core/appError';
import type {
  CloudContact,
  CloudDevice,
  CloudGroup,
  CloudId,
  CloudObjectOf,
  CloudUser,
} from '../../core/cloudObject';
import { parseInstant } from '../../core/instant';
import type { ObjectType } from '../../core/objectType';

/*
 * What is asked of Graph, and what is taken from its answers: the names of a shape are the $select list. A property must be in
 * the answer, be it as null: one that is missing was not asked for, was not allowed, or was lost, and never counts as null.
 * Only those which a national cloud may not have are optional.
 */
const text = z.string().nullable();
const flag = z.boolean().nullable();
const texts = z.array(z.string());
const instant = z.iso
  .datetime({ offset: true })
  .transform((value, context) => parseInstant(value) ?? (context.addIssue('not a date'), z.NEVER))
  .nullable();
const guid = z.guid().transform(value => value.toLowerCase() as CloudId);
const size = z.array(z.unknown()).transform(values => values.length);
/** Metadata allows a group's collection to be null. */
const sizeOrNull = size.nullable().transform(value => value ?? 0);
const sizeOrAbsent = size.nullish().transform(value => value ?? 0);
const flagOrAbsent = flag.optional().transform(value => value ?? null);
const textsOrAbsent = texts.nullish().transform(value => value ?? []);

const synced = {
  id: guid,
  displayName: text,
  onPremisesSyncEnabled: flag,
  onPremisesLastSyncDateTime: instant,
};

const userShape = {
  ...synced,
  userPrincipalName: text,
  mail: text,
  proxyAddresses: texts,
  accountEnabled: flag,
  userType: text,
  createdDateTime: instant,
  onPremisesImmutableId: text,
  onPremisesSecurityIdentifier: text,
  onPremisesSamAccountName: text,
  onPremisesDomainName: text,
  onPremisesDistinguishedName: text,
  onPremisesUserPrincipalName: text,
  assignedLicenses: size,
  onPremisesProvisioningErrors: sizeOrAbsent,
  isManagementRestricted: flagOrAbsent,
};

const groupShape = {
  ...synced,
  mail: text,
  proxyAddresses: texts,
  mailEnabled: flag,
  securityEnabled: flag,
  createdDateTime: instant,
  onPremisesSecurityIdentifier: text,
  onPremisesSamAccountName: text,
  onPremisesDomainName: text,
  assignedLicenses: sizeOrNull,
  onPremisesProvisioningErrors: sizeOrAbsent,
  isManagementRestricted: flagOrAbsent,
};

const contactShape = {
  ...synced,
  mail: text,
  proxyAddresses: texts,
  onPremisesProvisioningErrors: sizeOrAbsent,
};

const deviceShape = {
  ...synced,
  deviceId: text,
  trustType: text,
  accountEnabled: flag,
  registrationDateTime: instant,
  approximateLastSignInDateTime: instant,
  onPremisesSecurityIdentifier: text,
  physicalIds: texts,
  systemLabels: textsOrAbsent,
  operatingSystem: text,
  isManagementRestricted: flagOrAbsent,
};

const userSchema = z
  .object(userShape)
  .transform(({ assignedLicenses, onPremisesProvisioningErrors, ...user }): CloudUser => ({
    type: 'user',
    ...user,
    assignedLicenseCount: assignedLicenses,
    onPremisesProvisioningErrorCount: onPremisesProvisioningErrors,
  }));

const groupSchema = z
  .object(groupShape)
  .transform(({ assignedLicenses, onPremisesProvisioningErrors, ...group }): CloudGroup => ({
    type: 'group',
    ...group,
    assignedLicenseCount: assignedLicenses,
    onPremisesProvisioningErrorCount: onPremisesProvisioningErrors,
  }));

const contactSchema = z
  .object(contactShape)
  .transform(({ onPremisesProvisioningErrors, ...contact }): CloudContact => ({
    type: 'contact',
    ...contact,
    onPremisesProvisioningErrorCount: onPremisesProvisioningErrors,
  }));

const deviceSchema = z
  .object(deviceShape)
  .transform((device): CloudDevice => ({ type: 'device', ...device }));

/** How Graph serves one type of object. */
export interface Entity<Type extends ObjectType> {
  /** The path of the list. */
  readonly path: string;
  /** The application permission that reading it takes. */
  readonly permission: string;
  /** The properties asked for: the $select list. */
  readonly select: readonly string[];
  readonly schema: z.ZodType<CloudObjectOf<Type>>;
}

const entities: { readonly [Type in ObjectType]: Entity<Type> } = {
  user: {
    path: '/v1.0/users',
    permission: 'User.Read.All',
    select: Object.keys(userShape),
    schema: userSchema,
  },
  group: {
    path: '/v1.0/groups',
    permission: 'Group.Read.All',
    select: Object.keys(groupShape),
    schema: groupSchema,
  },
  contact: {
    path: '/v1.0/contacts',
    permission: 'OrgContact.Read.All',
    select: Object.keys(contactShape),
    schema: contactSchema,
  },
  device: {
    path: '/v1.0/devices',
    permission: 'Device.Read.All',
    select: Object.keys(deviceShape),
    schema: deviceSchema,
  },
};

export const entityOf = <Type extends ObjectType>(type: Type): Entity<Type> => entities[type];

/**
 * The object in one item of Graph's answer. Throws an `AppError` with code `graphAnswerInvalid` that names the property and the
 * object's id, never its values; `trace` identifies the answer.
 */
export function parseCloudObject<Type extends ObjectType>(
  type: Type,
  item: unknown,
  trace: string,
): CloudObjectOf<Type> {
  const parsed = entityOf(type).schema.safeParse(item);
  if (parsed.success) return parsed.data;
  const property = String(parsed.error.issues[0]?.path[0] ?? '');
  throw new AppError(
    'graphAnswerInvalid',
    `${problemOf(item, property)} in Graph's answer for the ${type} with id ${idOf(item)}. ` +
      `A missing value is never taken for an empty one: nothing of this answer is used. (${trace})`,
  );
}

const isRecord = (item: unknown): item is Record<string, unknown> =>
  typeof item === 'object' && item !== null;

function problemOf(item: unknown, property: string): string {
  if (property === '' || !isRecord(item)) return 'An object was expected, something else was found';
  if (!(property in item)) return `The property ${property} was expected, be it as null, and is missing`;
  return `The property ${property} does not have the documented type`;
}

function idOf(item: unknown): string {
  const id = isRecord(item) ? guid.safeParse(item['id']) : null;
  return id?.success ? id.data : '(no GUID)';
}
