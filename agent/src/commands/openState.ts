import type { DirectoryDescription } from '../app/ports';
import type { AgentConfiguration } from '../io/configuration';
import { AgentState } from '../io/state/agentState';
import type { CommandContext } from './context';

/**
 * Opens the source's state. An export of files is as old as the files are, not as young as the moment in which they are read: that
 * decides for which approvals it is evidence.
 */
export async function openState(
  { stateDirectory, source }: AgentConfiguration,
  { takenAt }: Pick<DirectoryDescription, 'takenAt'>,
  { clock, progress }: Pick<CommandContext, 'clock' | 'progress'>,
): Promise<AgentState> {
  const state = await AgentState.open({
    folder: stateDirectory,
    source,
    clock: takenAt === undefined ? clock : { now: () => takenAt },
  });
  if (state.isNew) {
    progress.note(
      `${stateDirectory} is new: a chain of exports begins in it. Where ${source} was exported before, stop here, and let the next ` +
        'export follow the last one (--follow).',
    );
  }
  return state;
}
