import { z } from 'zod';
import { rolloutStages } from '../rollout';

/** The managed identities of a deployment (docs/permissions.md). */
export const identityNames = ['scanReader', 'reviewReader', 'deleter'] as const;
export type IdentityName = (typeof identityNames)[number];

export const identityTitles: Readonly<Record<IdentityName, string>> = {
  scanReader: 'scan reader',
  reviewReader: 'review reader',
  deleter: 'deleter',
};

/** What can be done with the content of a table or container. */
export const operations = ['read', 'write', 'remove'] as const;
export type Operation = (typeof operations)[number];

/**
 * What the storage said to a request that cannot change anything. allowed: it would be carried out. refused: the identity has no role
 * for it. missing: there is no such table or container. unknown: the answer tells nothing of roles, as a firewall's.
 */
export const accessStatuses = ['allowed', 'refused', 'missing', 'unknown'] as const;

const answerSchema = z.strictObject({
  status: z.enum(accessStatuses),
  code: z.string().max(100).meta({ description: 'HTTP status and error code of the storage.' }),
});
export type AccessAnswer = Readonly<z.output<typeof answerSchema>>;

export const storeKinds = ['table', 'container'] as const;

const accessSchema = z.strictObject({
  kind: z.enum(storeKinds),
  name: z.string().max(100),
  read: answerSchema,
  write: answerSchema,
  remove: answerSchema,
});
/** What one identity can do with one table or container of the data account. */
export type StoreAccess = Readonly<z.output<typeof accessSchema>>;

const issuedSchema = z.strictObject({
  kind: z.literal('issued'),
  appId: z.guid().nullable().meta({ description: 'Whose token it is; null: it does not tell.' }),
  tenantId: z.guid().nullable(),
  permissions: z
    .array(z.string().max(200))
    .max(1_000)
    .nullable()
    .meta({ description: 'Application permissions (claim roles); null: it does not tell.' }),
});
const tokenSchema = z.discriminatedUnion('kind', [
  issuedSchema,
  z.strictObject({ kind: z.literal('none'), why: z.string().max(500) }),
]);
/** What a token says that an identity was given; the token itself stays in the app. */
export type TokenFacts = Readonly<z.output<typeof tokenSchema>>;

const identitySchema = z.strictObject({
  identity: z.enum(identityNames),
  clientId: z.guid().meta({ description: 'As the app settings name it.' }),
  graph: tokenSchema,
  storage: tokenSchema,
  access: z.array(accessSchema).max(100).meta({ description: 'Empty: there is no token for the storage.' }),
});
export type IdentityDiagnosis = Readonly<z.output<typeof identitySchema>>;

const clockSchema = z.strictObject({
  of: z.string().max(100),
  offsetSeconds: z.number().meta({ description: 'How far that clock is ahead.' }),
  uncertainSeconds: z.number().meta({ description: 'How far the figure may be wrong, either way.' }),
});
/** Another clock compared with one's own. */
export type ClockReading = Readonly<z.output<typeof clockSchema>>;

/** What one part of the app found about itself. */
export const partDiagnosisSchema = z
  .strictObject({
    part: z.enum(['scan', 'review']),
    version: z.string().max(100),
    at: z.iso.datetime(),
    tenantId: z.guid().meta({ description: 'As the app settings name it.' }),
    organization: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('read'), tenantId: z.guid() }),
        z.strictObject({ kind: z.literal('notRead'), why: z.string().max(500) }),
      ])
      .meta({ description: 'The tenant that Microsoft Graph answers for.' }),
    identities: z.array(identitySchema).max(identityNames.length),
    deletion: z
      .strictObject({ stage: z.enum(rolloutStages), quarantine: z.boolean() })
      .nullable()
      .meta({ description: 'Of the part review.' }),
    clocks: z.array(clockSchema).max(10),
  })
  .meta({ id: 'PartDiagnosis' });
export type PartDiagnosis = Readonly<z.output<typeof partDiagnosisSchema>>;

/** GET /api/diagnosis. */
export const diagnosisSchema = z
  .strictObject({
    review: partDiagnosisSchema,
    scan: partDiagnosisSchema
      .nullable()
      .meta({ description: 'What the part scan wrote down last; null: nothing that can be read.' }),
  })
  .meta({ id: 'Diagnosis' });
export type Diagnosis = Readonly<z.output<typeof diagnosisSchema>>;
