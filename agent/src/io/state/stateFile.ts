import path from 'node:path';
import { z } from 'zod';
import { exportFolderPattern, sourceNameSchema, type SourceName } from '../../../../shared/core/exportFormat';
import { count, guid, instant, sha256 } from '../../../../shared/core/exportPrimitives';
import { answeredRequestSchema } from '../../../../shared/core/exportRequest';
import { formatInstant } from '../../../../shared/core/instant';
import { replaceFile, type FileSystem } from '../files/fileSystem';
import { stateInvalid } from './stateError';

export const stateFileName = 'state.json';
/** So many ids of answered requests are remembered; there is one request of each kind at a time. */
export const rememberedRequests = 20;
/** A manifest has room for so many. */
export const reportedRequests = 10;

const folderName = z.string().regex(exportFolderPattern);

/** The hash at the end of the list of objects, which binds the list to the state. */
export const objectListFactsSchema = z.object({ count, sha256 });
export type ObjectListFacts = z.output<typeof objectListFactsSchema>;

const stateSchema = z.strictObject({
  schemaVersion: z.literal(1),
  source: sourceNameSchema,
  /** The newest folder that an export was begun under, delivered or not: no other one gets its name. */
  lastFolder: folderName.nullable(),
  /** The last export that was delivered. */
  lastExport: z
    .strictObject({
      sequence: z.int().positive(),
      manifestHash: sha256,
      folder: folderName,
      startedAt: instant,
      /** null: the chain was taken over by hand, without its list of objects. */
      objects: objectListFactsSchema.nullable(),
    })
    .nullable(),
  /** Ids that a delivered export answered, the oldest first. */
  answeredRequests: z.array(guid).max(rememberedRequests),
  /** Synchronisations that were asked for, and what became of it: each export tells them while the app waits for an answer. */
  answersToTell: z.array(answeredRequestSchema).max(reportedRequests),
});
export type StoredState = z.output<typeof stateSchema>;

export const newState = (source: SourceName): StoredState => ({
  schemaVersion: 1,
  source,
  lastFolder: null,
  lastExport: null,
  answeredRequests: [],
  answersToTell: [],
});

/** null: there is no such file. Throws an `AgentError`, `stateInvalid`, where it can not be read in full. */
export async function readState(files: FileSystem, folder: string): Promise<StoredState | null> {
  const file = path.join(folder, stateFileName);
  const content = await files.read(file);
  if (content === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(content.toString());
  } catch (error) {
    throw stateInvalid(`the agent's state in ${file}`, 'text that is not JSON', undefined, { cause: error });
  }
  const parsed = stateSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    issue => `${issue.path.join('.') || 'all of it'}: ${issue.message}`,
  );
  throw stateInvalid(`the agent's state in ${file}`, problems.join('; '));
}

export async function writeState(files: FileSystem, folder: string, state: StoredState): Promise<void> {
  const { lastExport } = state;
  const stored: z.input<typeof stateSchema> = {
    ...state,
    lastExport: lastExport && { ...lastExport, startedAt: formatInstant(lastExport.startedAt) },
    answersToTell: state.answersToTell.map(answer => ({
      ...answer,
      answeredAt: formatInstant(answer.answeredAt),
    })),
  };
  await replaceFile(
    files,
    path.join(folder, stateFileName),
    Buffer.from(`${JSON.stringify(stored, null, 2)}\n`),
  );
}
