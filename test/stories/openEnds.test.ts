import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TableClient } from '@azure/data-tables';
import { abandonedAfterMs } from '../../shared/app/review/deletionUseCasePorts';
import { settings } from '../../shared/io/configuration/settings';
import { containerNames, tableNames } from '../../shared/io/storageNames';
import { exportAgeMs, makeOrganisation } from '../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startStack, type Stack } from '../support/stack/stack';
import { reviewSteps, type ListedItem, type ReviewSteps } from './reviewSteps';

jest.setTimeout(120_000);

describe('what nobody comes back for', () => {
  const organisation = makeOrganisation({
    seed: 41,
    objects: 300,
    now: Date.now() + exportAgeMs - 10 * 60_000,
  });
  let stack: Stack;
  let steps: ReviewSteps;
  let user: ListedItem;
  let decisions: TableClient;
  let heard: (line: string) => void = () => undefined;

  beforeAll(async () => {
    stack = await startStack({
      organisation,
      scanSettings: candidatesAtOnce,
      onLogLine: line => heard(line),
      reviewSettings: { ROLLOUT_STAGE: 'normal', QUARANTINE_DAYS: '7' },
    });
    steps = reviewSteps(stack);
    decisions = new TableClient(stack.azurite.tableEndpoint, tableNames.decisions, stack.operator);
    await steps.scan();
    user = (await steps.list('status=candidate&type=user'))[0]!;
    await steps.approve(user);
    await stack.upload(organisation, 'now');
  });
  afterAll(() => stack?.stop());

  const inGraph = () => stack.graph.directory.get('user', user.facts.id)!;
  const actions = async (): Promise<string[]> =>
    (await steps.audit()).filter(row => row.object?.id === user.facts.id).map(row => row.action);

  test('a user in quarantine whom somebody re-enabled leaves it by the timer, also while deletion is switched off', async () => {
    await steps.remove([user]);
    expect(inGraph().accountEnabled).toBe(false);
    expect((await steps.read(user)).decision?.state).toBe('quarantined');

    await stack.reviewing.restart({ ROLLOUT_STAGE: 'reportOnly' });
    stack.graph.directory.put('user', { ...inGraph(), accountEnabled: true });
    const changedAt = new Date(Date.now() - abandonedAfterMs - 1000);
    await decisions.updateEntity({ partitionKey: 'user', rowKey: user.facts.id, changedAt }, 'Merge');
    await stack.reviewing.worker.runTimer('openEnds');
    while ((await steps.read(user)).decision?.state === 'quarantined') await wait(50);

    expect((await steps.read(user)).decision?.state).toBe('lapsed');
    expect(inGraph().accountEnabled).toBe(true);
    expect(await actions()).toContain('decisionLapsed');
    expect(stack.graph.directory.deletions).toEqual([]);
  });

  test('audit rows that a crash left out of the mirror are in it after the timer', async () => {
    const container = stack.blobs.getContainerClient(containerNames.audit);
    const mirrored = async (): Promise<string[]> =>
      (await Array.fromAsync(container.listBlobsFlat()))
        .map(blob => blob.name)
        .filter(name => name.includes('review'));
    const [name] = await mirrored();
    const before = await container.getBlobClient(name!).downloadToBuffer();
    await container.deleteBlob(name!);
    await stack.reviewing.restart();
    await stack.reviewing.worker.runTimer('openEnds');
    while ((await mirrored()).length === 0) await wait(50);
    const lines = async (): Promise<string> =>
      String(await container.getBlobClient(name!).downloadToBuffer());
    while ((await lines()).length < before.length) await wait(50);
    expect((await lines()).startsWith(String(before))).toBe(true);
  });

  test('what is missed is said, though the mirror of the audit log hangs', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const said = new Promise<string>(resolve => {
      heard = line => {
        if (line.includes('alert ')) resolve(line);
      };
    });
    const sources = JSON.parse(stack.settings['EXPORT_SOURCES'] ?? '') as readonly object[];
    const [oneSource] = JSON.parse(settings.EXPORT_SOURCES.example) as readonly object[];
    const forgottenForest = { ...oneSource, source: 'forgotten-forest' };
    await stack.reviewing.restart({
      DATA_BLOB_ENDPOINT: `https://127.0.0.1:${port}`,
      EXPORT_SOURCES: JSON.stringify([...sources, forgottenForest]),
    });
    await stack.reviewing.worker.runTimer('openEnds');
    expect(await said).toContain('alert missedExport: no export of forgotten-forest');
    silent.close();
  });
});
