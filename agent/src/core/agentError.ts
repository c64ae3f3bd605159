/** Stable codes of the errors that the agent raises by itself, and what each ends a command with (docs/agent.md). */
export const exitCodes = {
  /** Anything that is a fault of the agent itself. */
  unexpected: 1,
  /** The command line or the configuration is wrong. */
  configurationInvalid: 2,
  /** No domain controller answered, or it stopped answering, after all retries. */
  directoryUnavailable: 3,
  /** A domain controller that must not be read: read-only, a global catalog, behind in replication, another than before. */
  directoryRefused: 3,
  /** What was read is not proved to be all: nothing is uploaded. */
  exportIncomplete: 4,
  /** Objects vanished without a tombstone, more than the limit: to be accepted by their number, or looked into. */
  unexplainedObjects: 5,
  /** The upload did not finish; the next run resumes it. */
  uploadUnavailable: 6,
  /** The storage refused the upload, or holds something else under this name. */
  uploadRefused: 6,
  /** The agent's own state is damaged, or another agent uses it. */
  stateInvalid: 7,
  ldifInvalid: 8,
  stopped: 130,
} as const;
export type AgentErrorCode = keyof typeof exitCodes;

/** The agent's one error class. The message says what was expected, what was found and what to do; it never holds a secret. */
export class AgentError extends Error {
  constructor(
    readonly code: AgentErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'AgentError';
  }
}
