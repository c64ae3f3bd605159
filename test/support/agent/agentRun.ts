import type { ExportDestination, ExportFindings, LastExport } from '../../../agent/src/app/exportPorts';
import type { FileSystem } from '../../../agent/src/io/files/fileSystem';
import type { SigningKey } from '../../../agent/src/io/keys/signingKey';
import { AgentState, type AgentStateOptions } from '../../../agent/src/io/state/agentState';
import type { OutboxDraft } from '../../../agent/src/io/state/exportDraft';
import type { SealedExport } from '../../../agent/src/io/state/outbox';
import { deliver, deliverWhileReading } from '../../../agent/src/io/upload/deliver';
import type { ExportLineInput } from '../../../shared/core/exportFormat';
import { guidBytes, sampleFindings } from './sampleFindings';

export interface AgentRun {
  readonly state: AgentStateOptions & { readonly files: FileSystem };
  readonly destination: ExportDestination;
  readonly key: SigningKey;
  readonly lines: readonly ExportLineInput[];
  readonly findings?: Partial<ExportFindings>;
  readonly signal?: AbortSignal;
  /** Called between two lines. */
  readonly afterLine?: (number: number) => Promise<void>;
}

/** What a run of the agent does with files and storage, in its order; the directory is a list of lines. */
export async function runAgent(run: AgentRun): Promise<LastExport> {
  const { destination, signal = new AbortController().signal } = run;
  const { files } = run.state;
  const state = await AgentState.open(run.state);
  try {
    const waiting = await state.waiting();
    if (waiting !== null) {
      await deliver(waiting, destination, files, signal);
      await state.commit(waiting);
    }
    const draft = await state.begin(signal);
    const early = deliverWhileReading(draft, destination, files, signal);
    const sealed = await readInto(draft, run).catch(async (error: unknown) => {
      await early.settled();
      await draft.abandon();
      throw error;
    });
    await early.settled();
    await deliver(sealed, destination, files, signal);
    await state.commit(sealed);
    return state.lastExport!;
  } finally {
    await state.close();
  }
}

async function readInto(draft: OutboxDraft, run: AgentRun): Promise<SealedExport> {
  for (const [number, line] of run.lines.entries()) {
    draft.parts.append(JSON.stringify(line));
    if (line.kind === 'object') draft.objects.add(guidBytes(number));
    await draft.parts.drained();
    await run.afterLine?.(number);
  }
  return draft.seal(sampleFindings(run.lines, run.state.clock.now(), run.findings), run.key, '0.1.0');
}
