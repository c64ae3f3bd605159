import type { ExportDestination } from '../app/exportPorts';
import { localFiles } from '../io/files/fileSystem';
import type { AgentState } from '../io/state/agentState';
import type { SealedExport } from '../io/state/outbox';
import { deliver } from '../io/upload/deliver';
import type { CommandContext } from './context';

/** Delivers a sealed export to its end, and moves the chain to it. */
export async function deliverAndCommit(
  state: AgentState,
  sealed: SealedExport,
  destination: ExportDestination,
  { progress, signal, print }: CommandContext,
): Promise<void> {
  progress.step(`Uploading ${sealed.folder}`);
  await deliver(sealed, destination, localFiles, signal);
  await state.commit(sealed);
  progress.done();
  print(
    `Delivered ${sealed.source}/${sealed.folder}, number ${sealed.manifest.sequence}, to ${destination.name}`,
  );
}
