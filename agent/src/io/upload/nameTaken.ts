import type { OutgoingFile } from '../../app/exportPorts';
import { AgentError } from '../../core/agentError';

/** The destination has a file of this name that this agent never tried to store. */
export class NameTakenError extends AgentError {
  constructor(destination: string, file: Pick<OutgoingFile, 'source' | 'folder' | 'name'>, cause?: unknown) {
    super(
      'uploadRefused',
      `Expected that nothing is stored yet as ${file.source}/${file.folder}/${file.name} in ${destination}, found that there is: ` +
        "somebody else writes this source's exports. Find out who, and give each source one agent. " +
        'The export that waits can be discarded then.',
      { cause },
    );
    this.name = 'NameTakenError';
  }
}
