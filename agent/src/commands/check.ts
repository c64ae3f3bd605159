import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { DirectoryReading } from '../app/directoryReading';
import type { ObjectList } from '../app/exportPorts';
import type { DirectoryDescription } from '../app/ports';
import { readDirectory } from '../app/readDirectory';
import { AgentError } from '../core/agentError';
import type { AgentConfiguration } from '../io/configuration';
import { stateFileName } from '../io/state/stateFile';
import type { CommandContext } from './context';
import { listed, refuseIncomplete } from './makeExport';
import { openDirectory } from './openDirectory';
import { openState } from './openState';
import { readingSettings } from './readingSettings';

/** `check`: a reading as an export would make it, of which nothing is written. Throws what would stop the export. */
export async function check(
  configuration: AgentConfiguration,
  ldif: readonly string[],
  context: CommandContext,
): Promise<void> {
  const { clock, progress, signal, print } = context;
  const settings = readingSettings(configuration, null);
  const directory = await openDirectory(configuration, ldif, context);
  try {
    progress.step('Asking the domain controllers');
    const description = await directory.describe(signal);
    const reading = await withLastObjects(configuration, description, context, lastObjects =>
      readDirectory({
        directory,
        description,
        settings,
        sink: nowhere,
        objects: { add: () => {}, drained: async () => {} },
        lastObjects,
        clock,
        progress,
        startedAt: clock.now(),
        signal,
      }),
    );
    progress.done();
    for (const line of checkReport(reading, description)) print(line);
    refuseIncomplete(reading);
    print('An export would be made.');
  } finally {
    await directory.close();
  }
}

const nowhere = { append: () => {}, drained: async () => {} };

/** The last export's objects, where there is a state already: a check begins none. */
async function withLastObjects<Result>(
  configuration: AgentConfiguration,
  description: DirectoryDescription,
  context: CommandContext,
  use: (lastObjects: ObjectList | null) => Promise<Result>,
): Promise<Result> {
  const exists = await stat(path.join(configuration.stateDirectory, stateFileName)).then(
    () => true,
    () => false,
  );
  if (!exists) return await use(null);
  const state = await openState(configuration, description, context);
  try {
    return await use(await state.lastObjects());
  } finally {
    await state.close();
  }
}

function* checkReport(reading: DirectoryReading, description: DirectoryDescription): Generator<string> {
  for (const [position, { distinguishedName, domain, counts }] of reading.namingContexts.entries()) {
    const asked = description.namingContexts[position]?.domainController;
    if (asked === undefined) throw new AgentError('unexpected', `no naming context ${position}`);
    yield `${distinguishedName}${domain === null ? '' : ` (${domain.dnsName}, ${domain.sid})`}`;
    yield `  asked         ${asked.name}: ${asked.dnsHostName}, database ${asked.invocationId}, USN ${asked.highestCommittedUSN}`;
    yield `  replication   ${replicationOf(asked.inboundReplication)}`;
    yield `  would export  ${Object.entries(counts)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')}`;
  }
  yield `Tombstones: ${reading.tombstones === 'included' ? 'readable' : 'not readable'}`;
  for (const { distinguishedName, seen } of reading.canaries)
    yield `Canary ${seen ? 'seen' : 'NOT SEEN'}: ${distinguishedName}`;
  const { containers, secondCount, danglingLinks, vanished } = reading.completeness;
  yield `Containers: ${containers.checked} checked, ${containers.ignored} left out`;
  yield `Read twice: ${secondCount.onlyInFirst} objects in the first reading only, ${secondCount.onlyInSecond} in the second only`;
  yield `Group members that are not seen: ${danglingLinks}`;
  yield vanished === null
    ? 'Vanished since the last export: there is no last export'
    : `Vanished since the last export: ${vanished.explained} with a tombstone, ${vanished.unexplained} without`;
  if (reading.problems.length > 0) yield 'What stands in the way of an export:';
  yield* reading.problems.map(listed);
}

function replicationOf(
  replication: DirectoryDescription['namingContexts'][number]['domainController']['inboundReplication'],
): string {
  switch (replication.kind) {
    case 'alone':
      return 'the only domain controller of its domain';
    case 'neighbours':
      return `${replication.neighbours.length} inbound neighbours`;
    case 'notReadable':
      return `not readable; there are ${replication.otherDomainControllers} other domain controllers`;
  }
}
