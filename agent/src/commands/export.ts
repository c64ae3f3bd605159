import type { AgentConfiguration } from '../io/configuration';
import { localFiles } from '../io/files/fileSystem';
import { folderDestination } from '../io/upload/folderDestination';
import type { CommandContext } from './context';
import { makeExport } from './makeExport';
import { openDirectory } from './openDirectory';
import { openState } from './openState';
import { discardWaiting, followLastExport, type StateRepair } from './repairState';
import { deliverAndCommit } from './deliverAndCommit';

export interface ExportArguments extends StateRepair {
  readonly ldif: readonly string[];
  /** Where to the export is carried by other means; null: it waits for the next `run`. */
  readonly out: string | null;
  readonly acceptUnexplained: number | null;
}

/** `export`: reads and seals an export, and leaves the delivery to the next `run`, or to whoever carries the folder `--out`. */
export async function exportCommand(
  configuration: AgentConfiguration,
  { ldif, out, acceptUnexplained, ...repair }: ExportArguments,
  context: CommandContext,
): Promise<void> {
  await followLastExport(configuration, repair, context);
  const { progress, print, signal } = context;
  const directory = await openDirectory(configuration, ldif, context);
  try {
    progress.step('Asking the domain controllers');
    const description = await directory.describe(signal);
    const state = await openState(configuration, description, context);
    try {
      await discardWaiting(state, repair, context);
      const waiting = await state.waiting();
      if (waiting !== null && out !== null)
        await deliverAndCommit(state, waiting, folderDestination(out, localFiles), context);
      // A newer export takes the place of one that nobody has seen.
      else if (waiting !== null) await state.discardWaiting();
      const sealed = await makeExport({
        configuration,
        directory,
        description,
        state,
        destination: null,
        acceptUnexplained,
        requests: [],
        context,
      });
      if (out === null)
        print(`Sealed ${sealed.source}/${sealed.folder}; the next "run" uploads it: ${sealed.path}`);
      else await deliverAndCommit(state, sealed, folderDestination(out, localFiles), context);
    } finally {
      await state.close();
    }
  } finally {
    await directory.close();
  }
}
