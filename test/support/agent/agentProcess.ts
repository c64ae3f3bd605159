import { localFiles } from '../../../agent/src/io/files/fileSystem';
import { loadSigningKey } from '../../../agent/src/io/keys/keygen';
import { blobDestination } from '../../../agent/src/io/upload/blobDestination';
import { createAgentContainer } from '../../../agent/src/io/upload/containers';
import { sourceNameSchema } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import { runAgent } from './agentRun';
import { sampleLine } from './sampleFindings';

/** What a run of the agent in a process of its own is given, as JSON in its one argument. */
export interface AgentProcessOptions {
  readonly endpoint: string;
  readonly token: string;
  readonly stateFolder: string;
  readonly keyFile: string;
  readonly lines: number;
}

// A program of its own, so that a test can kill it for real.
async function main(): Promise<void> {
  const { endpoint, token, stateFolder, keyFile, lines }: AgentProcessOptions = JSON.parse(
    process.argv[2] ?? '',
  );
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  await runAgent({
    state: {
      folder: stateFolder,
      source: sourceNameSchema.parse('contoso'),
      files: localFiles,
      clock: { now: () => Date.now() as Instant },
      partLimits: { maxLines: 10 },
    },
    destination: blobDestination(createAgentContainer(endpoint, 'exports', credential)),
    key: await loadSigningKey(localFiles, keyFile),
    lines: Array.from({ length: lines }, (_, number) => sampleLine(number)),
  });
}

void main();
