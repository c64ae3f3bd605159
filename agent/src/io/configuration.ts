import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ParseError, parse as parseJsonWithComments, printParseErrorCode } from 'jsonc-parser';
import { z } from 'zod';
import { sourceNameSchema } from '../../../shared/core/exportFormat';
import { parseGuid } from '../../../shared/core/keys/guid';
import { AgentError } from '../core/agentError';

/** Variables of the environment that begin so replace values of the file: `…__upload__blobEndpoint`, `…__domainControllers__0__url`. */
export const environmentPrefix = 'ENTRA_ORPHANS_AGENT__';

const guid = z.string().transform((text, context) => {
  const value = parseGuid(text);
  if (value) return value;
  context.addIssue('expected a GUID');
  return z.NEVER;
});

const text = z.string().min(1);
const distinguishedName = text.regex(/^[^=,]+=/, 'expected a distinguished name');
const command = z.array(text).min(1, 'expected a program and its arguments, each a text of its own');

const httpsUrl = z.string().refine(value => {
  const url = URL.parse(value);
  return url?.protocol === 'https:' && url.username === '' && url.search === '' && url.hash === '';
}, 'expected an https address without a query');

const ldapUrl = z
  .string()
  .refine(
    value => /^ldaps?:\/\/[^/?#@]+\/?$/i.test(value) && URL.parse(value) !== null,
    'expected ldaps://host or ldap://host, and no more than a port behind it',
  );

/** Where a password comes from. It is never in the configuration itself and never on a command line. */
const passwordSource = z.string().transform((given, context) => {
  const [, kind, name] = /^(environment|file):(.+)$/s.exec(given) ?? [];
  if (given === 'prompt') return { kind: 'prompt' } as const;
  if (kind === 'environment' && name) return { kind: 'environment', name } as const;
  if (kind === 'file' && name) return { kind: 'file', name } as const;
  context.addIssue(
    'expected environment:NAME, file:PATH or prompt; the password itself does not belong here',
  );
  return z.NEVER;
});
export type PasswordSource = z.output<typeof passwordSource>;

const domainController = z
  .strictObject({
    url: ldapUrl,
    /** A distinguished name, or a user principal name. */
    bindName: text,
    passwordFrom: passwordSource,
    startTls: z.boolean().default(false),
    certificateAuthorityFile: text.optional(),
    dangerouslyAcceptAnyCertificate: z.boolean().default(false),
  })
  .refine(
    ({ url, startTls }) => url.toLowerCase().startsWith('ldaps:') !== startTls,
    'ldaps:// has TLS from its start, ldap:// needs "startTls": true: a password never goes over a plain connection',
  );
export type DomainControllerConfiguration = z.output<typeof domainController>;

const credential = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('certificate'),
    clientId: guid,
    /** PEM: the certificate and its private key. */
    certificateFile: text,
    authorityHost: httpsUrl.optional(),
  }),
  z.strictObject({ kind: z.literal('managedIdentity'), clientId: guid.optional() }),
]);

const positive = z.int().positive();

const limits = z.strictObject({
  /** Dangling links, and objects that vanished without a tombstone, that are let through without `--accept-unexplained`. */
  unexplainedObjects: z.int().nonnegative().default(0),
  /** An inbound replication neighbour whose last success is older stops the export. */
  maxReplicationAgeHours: positive.default(24),
  /** How long a domain controller may be silent in the middle of an answer, in seconds. AD ends a search by itself after 120 (MaxQueryDuration). */
  silenceSeconds: positive.default(120),
  connectSeconds: positive.default(20),
  /** How often a search is begun anew before the domain controller counts as unavailable. */
  attempts: positive.default(4),
});

export const configurationSchema = z.strictObject({
  tenantId: guid,
  source: sourceNameSchema,
  stateDirectory: text,
  signingKeyFile: text,
  /** null: the administrator does not know; a miss by the anchor then proves nothing. */
  anchorAttribute: text.nullable(),
  domainControllers: z.array(domainController).default([]),
  scope: z
    .strictObject({
      includeBases: z.array(distinguishedName).default([]),
      excludeBases: z.array(distinguishedName).default([]),
      excludeFilters: z.array(text).default([]),
    })
    .prefault({}),
  canaries: z.array(distinguishedName).default([]),
  ignoreContainers: z.array(distinguishedName).default([]),
  limits: limits.prefault({}),
  exportEveryHours: positive.default(20),
  upload: z
    .strictObject({
      blobEndpoint: httpsUrl,
      exportsContainer: text.default('exports'),
      requestsContainer: text.default('requests'),
      credential,
    })
    .optional(),
  synchronisation: z
    .strictObject({
      startCommand: command.optional(),
      historyCommand: command.optional(),
      timeoutSeconds: positive.default(300),
    })
    .optional(),
});
export type AgentConfiguration = z.output<typeof configurationSchema>;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration: JSON with comments, then the environment's variables over it. Paths in it are relative to the file.
 * Throws an `AgentError` with code `configurationInvalid` that lists every problem.
 */
export function readConfiguration(file: string, environment: Environment): AgentConfiguration {
  const given = overridden(parseFile(file), environment);
  const parsed = configurationSchema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      issue => `${issue.path.join('.') || 'the whole'}: ${issue.message}`,
    );
    throw invalid(file, problems);
  }
  return withAbsolutePaths(parsed.data, path.dirname(path.resolve(file)));
}

function parseFile(file: string): unknown {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new AgentError(
      'configurationInvalid',
      `Expected a configuration at ${file}, found: ${(error as Error).message}. ` +
        'Name another file with --config; docs/agent.md has one to start from.',
      { cause: error },
    );
  }
  const errors: ParseError[] = [];
  const value: unknown = parseJsonWithComments(content.replace(/^\u{FEFF}/u, ''), errors, {
    allowTrailingComma: true,
  });
  if (errors.length > 0) {
    throw invalid(
      file,
      errors.map(
        ({ error, offset }) => `line ${lineAt(content, offset)}: not JSON (${printParseErrorCode(error)})`,
      ),
    );
  }
  return value;
}

const lineAt = (content: string, offset: number): number => content.slice(0, offset).split('\n').length;

/** Sets `a__b__0__c` of the environment at `a.b[0].c`. What is no JSON is a text; so is a number where a text is wanted. */
function overridden(value: unknown, environment: Environment): unknown {
  let result = structuredClone(value);
  for (const [name, given] of Object.entries(environment)) {
    if (!name.startsWith(environmentPrefix) || given === undefined) continue;
    result = placed(result, name.slice(environmentPrefix.length).split('__'), jsonOrText(given));
  }
  return result;
}

function placed(holder: unknown, [first, ...rest]: readonly string[], value: unknown): unknown {
  if (first === undefined) return value;
  const inner = isHolder(holder) ? Object.getOwnPropertyDescriptor(holder, first)?.value : undefined;
  const child = placed(inner, rest, value);
  if (Array.isArray(holder) || (!isHolder(holder) && /^\d+$/.test(first))) {
    const items: unknown[] = Array.isArray(holder) ? [...(holder as unknown[])] : [];
    items[Number(first)] = child;
    return items;
  }
  return { ...(isHolder(holder) ? holder : {}), [first]: child };
}

const isHolder = (value: unknown): value is object => typeof value === 'object' && value !== null;

function jsonOrText(given: string): unknown {
  if (!/^(?:[[{"]|true$|false$|null$|\d+$)/.test(given)) return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

function withAbsolutePaths(configuration: AgentConfiguration, folder: string): AgentConfiguration {
  const absolute = (name: string): string => path.resolve(folder, name);
  const { upload } = configuration;
  return {
    ...configuration,
    stateDirectory: absolute(configuration.stateDirectory),
    signingKeyFile: absolute(configuration.signingKeyFile),
    domainControllers: configuration.domainControllers.map(({ certificateAuthorityFile, ...controller }) => ({
      ...controller,
      ...(certificateAuthorityFile !== undefined && {
        certificateAuthorityFile: absolute(certificateAuthorityFile),
      }),
      passwordFrom:
        controller.passwordFrom.kind === 'file'
          ? { kind: 'file', name: absolute(controller.passwordFrom.name) }
          : controller.passwordFrom,
    })),
    ...(upload && {
      upload: {
        ...upload,
        credential:
          upload.credential.kind === 'certificate'
            ? { ...upload.credential, certificateFile: absolute(upload.credential.certificateFile) }
            : upload.credential,
      },
    }),
  };
}

const invalid = (file: string, problems: readonly string[]): AgentError =>
  new AgentError(
    'configurationInvalid',
    [
      `The configuration ${file} can not be used:`,
      ...problems.map(problem => `  ${problem}`),
      'docs/agent.md describes every setting.',
    ].join('\n'),
  );
