import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { exportFolderName, manifestSchema } from '../../../shared/core/exportFormat';
import { AgentError } from '../core/agentError';
import type { AgentConfiguration } from '../io/configuration';
import { adoptChain, type AgentState } from '../io/state/agentState';
import type { CommandContext } from './context';

/** What an administrator orders about a state that can not go on by itself (docs/agent.md, "When the state is lost"). */
export interface StateRepair {
  /** The manifest.json of the source's last export, whose successor the next one is to be; the state was lost. */
  readonly follow: string | null;
  /** Throws away the export that waits. */
  readonly discardWaiting: boolean;
}

/** Takes the chain over from the last export, in an empty state folder. Throws an `AgentError`. */
export async function followLastExport(
  { stateDirectory, source, tenantId }: AgentConfiguration,
  { follow }: StateRepair,
  { clock, progress }: CommandContext,
): Promise<void> {
  if (follow === null) return;
  const bytes = await readFile(follow).catch((error: unknown) => {
    throw invalid(follow, (error as Error).message, error);
  });
  const manifest = parsed(bytes, follow);
  if (manifest.source !== source || manifest.tenantId !== tenantId)
    throw invalid(follow, `one of the source ${manifest.source} and the tenant ${manifest.tenantId}`);
  const { sequence, startedAt } = manifest;
  await adoptChain(
    { folder: stateDirectory, source, clock },
    {
      sequence,
      startedAt,
      manifestHash: createHash('sha256').update(bytes).digest('hex'),
      folder: exportFolderName(startedAt),
    },
  );
  progress.note(`The next export follows number ${sequence}. What vanished since can not be told this once.`);
}

/** Throws away the export that waits, where that was ordered. */
export async function discardWaiting(
  state: AgentState,
  { discardWaiting: ordered }: StateRepair,
  { progress }: CommandContext,
): Promise<void> {
  if (!ordered) return;
  await state.discardWaiting();
  progress.note('What waited for its upload was thrown away.');
}

function parsed(bytes: Buffer, file: string): ReturnType<typeof manifestSchema.parse> {
  try {
    return manifestSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw invalid(file, 'something else', error);
  }
}

const invalid = (file: string, found: string, cause?: unknown): AgentError =>
  new AgentError(
    'configurationInvalid',
    `Expected the manifest.json of this source's last export in ${file}, found ${found}. Download it from the container of exports.`,
    { cause },
  );
