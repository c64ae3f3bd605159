import type { ExportRequest } from '../../../shared/core/exportRequest';
import type { AgentConfiguration } from '../io/configuration';
import { readRequests } from '../io/requests/readRequests';
import { startSynchronisation } from '../io/requests/synchronisation';
import type { AgentState } from '../io/state/agentState';
import type { CommandContext } from './context';
import { makeExport } from './makeExport';
import { openDirectory } from './openDirectory';
import { openState } from './openState';
import { discardWaiting, followLastExport, type StateRepair } from './repairState';
import { synchronisationCommands } from './synchronisationCommands';
import { deliverAndCommit } from './deliverAndCommit';
import { openUpload } from './upload';

export interface RunArguments extends StateRepair {
  readonly ldif: readonly string[];
  readonly ifDue: boolean;
  readonly acceptUnexplained: number | null;
}

const hourMs = 60 * 60 * 1000;

/** `run`: finishes what waits, answers requests, exports and uploads. */
export async function run(
  configuration: AgentConfiguration,
  { ldif, ifDue, acceptUnexplained, ...repair }: RunArguments,
  context: CommandContext,
): Promise<void> {
  const { progress, print, signal } = context;
  const target = await openUpload(configuration);
  await followLastExport(configuration, repair, context);
  const requests = await finishAndAsk(configuration, target, repair, context);
  if (ifDue && !requests.due) {
    print('Not due: the app has not asked, and the last export is young enough.');
    return;
  }
  const directory = await openDirectory(configuration, ldif, context);
  try {
    progress.step('Asking the domain controllers');
    const description = await directory.describe(signal);
    const state = await openState(configuration, description, context);
    try {
      const sealed = await makeExport({
        configuration,
        directory,
        description,
        state,
        destination: target.exports,
        acceptUnexplained,
        requests: requests.given,
        context,
      });
      await deliverAndCommit(state, sealed, target.exports, context);
    } finally {
      await state.close();
    }
  } finally {
    await directory.close();
  }
}

interface Asked {
  readonly given: readonly ExportRequest[];
  readonly due: boolean;
}

/** Everything that needs no directory. */
async function finishAndAsk(
  configuration: AgentConfiguration,
  target: Awaited<ReturnType<typeof openUpload>>,
  repair: StateRepair,
  context: CommandContext,
): Promise<Asked> {
  const { progress, signal } = context;
  const state = await openState(configuration, {}, context);
  try {
    await discardWaiting(state, repair, context);
    const waiting = await state.waiting();
    if (waiting !== null) {
      progress.note(`Export ${waiting.folder} waits since an earlier run: it is delivered first.`);
      await deliverAndCommit(state, waiting, target.exports, context);
    }
    const { requests, warnings } = await readRequests(
      target.requests,
      configuration.source,
      state.answeredRequestIds,
      signal,
    );
    for (const warning of warnings) progress.warn(warning);
    for (const request of requests) await startWhereAsked(configuration, request, state, context);
    return { given: requests, due: requests.length > 0 || isOld(configuration, state, context) };
  } finally {
    await state.close();
  }
}

async function startWhereAsked(
  configuration: AgentConfiguration,
  { id, kind }: ExportRequest,
  state: AgentState,
  { clock, progress, signal }: CommandContext,
): Promise<void> {
  if (kind !== 'synchronisation') return;
  const { outcome, warning } = await startSynchronisation(synchronisationCommands(configuration), signal);
  if (warning !== null) progress.warn(warning);
  await state.noteAnswer({ id, kind, outcome, answeredAt: clock.now() });
}

function isOld(
  { exportEveryHours }: AgentConfiguration,
  { lastExport }: AgentState,
  { clock }: CommandContext,
): boolean {
  return lastExport === null || clock.now() - lastExport.startedAt >= exportEveryHours * hourMs;
}
