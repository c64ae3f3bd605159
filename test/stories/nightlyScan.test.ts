import { containerNames } from '../../shared/io/storageNames';
import { bringBack, removeFromCloud } from '../support/organisation/edits';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import type { Organisation, Orphan } from '../support/organisation/organisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startScanStack, type ScanStack } from '../support/stack/stack';
import { startWorker } from '../support/stack/worker';

jest.setTimeout(120_000);

const key = ({ type, cloudId }: Orphan): string => `${type}/${cloudId}`;

/** The whole story on the embedded stack: the built app in its own process, TLS, managed identity, Azurite, Graph. */
describe('the nightly scan of the sample organisation', () => {
  let organisation: Organisation;
  let stack: ScanStack;
  const log: string[] = [];

  beforeAll(async () => {
    organisation = makeOrganisation({ seed: 3, objects: 1200, now: Date.now() });
    stack = await startScanStack({
      organisation,
      scanSettings: candidatesAtOnce,
      onLogLine: line => log.push(line),
    });
  });
  afterAll(() => stack?.stop());

  const rows = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await stack.candidates()).map(row => [
        `${row.type}/${row.id}`,
        `${row.state} ${row.withdrawal ?? row.attention ?? row.outcome}`,
      ]),
    );
  const candidates = async (): Promise<string[]> =>
    Object.entries(await rows())
      .flatMap(([id, state]) => (state.startsWith('candidate') ? [id] : []))
      .sort();
  const rawRows = async (): Promise<string[]> =>
    (await stack.candidates()).map(row => JSON.stringify(row)).sort();

  test('health answers before the first scan', async () => {
    const answer = await fetch(`${stack.worker.url}/api/health`);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        status: 'degraded',
        version: expect.any(String),
        part: 'scan',
        problems: ['no scan has finished yet'],
        lastScan: null,
      },
    ]);
  });

  test('finds exactly the orphans that the generator made, and every outcome that it told', async () => {
    const run = await stack.scan();
    expect(run).toMatchObject({ state: 'finished', runNumber: 1, reasons: [] });
    expect(await candidates()).toEqual(organisation.orphans.map(key).sort());
    const told = new Map<string, number>();
    for (const { type, outcome } of organisation.stories)
      if (outcome !== 'notSynced') told.set(`${type} ${outcome}`, (told.get(`${type} ${outcome}`) ?? 0) + 1);
    const counted = Object.entries(run.counts).flatMap(([type, { outcomes }]) =>
      Object.entries(outcomes)
        .filter(([, count]) => count > 0)
        .map(([outcome, count]) => [`${type} ${outcome}`, count] as const),
    );
    expect(new Map(counted)).toEqual(told);
    const attention = organisation.stories
      .filter(story => story.state === 'attention')
      .map(story => [`${story.type}/${story.cloudId}`, `attention ${story.attention}`]);
    expect(await rows()).toMatchObject(Object.fromEntries(attention));
  });

  test('a second run right after changes nothing in the tables but adds a run record', async () => {
    const before = await rawRows();
    const run = await stack.scan();
    expect(run).toMatchObject({
      state: 'finished',
      runNumber: 2,
      plan: { created: 0, refreshed: 0, attention: 0, withdrawn: 0 },
    });
    expect(await rawRows()).toEqual(before);
    expect((await stack.runs.newest(10, AbortSignal.timeout(5000))).map(one => one.runNumber)).toEqual([
      2, 1,
    ]);
  });

  test('an object that comes back on-premises is withdrawn', async () => {
    const orphan = organisation.orphans.find(one => one.type === 'user')!;
    organisation = bringBack(organisation, orphan.cloudId);
    await stack.upload(organisation);
    expect(await stack.scan()).toMatchObject({ state: 'finished', plan: { withdrawn: 1 } });
    expect((await rows())[key(orphan)]).toBe('withdrawn alive');
    expect(await candidates()).toEqual(organisation.orphans.map(key).sort());
  });

  test('one that is gone from the cloud is withdrawn after a read by id', async () => {
    const orphan = organisation.orphans.find(one => one.type === 'group')!;
    organisation = removeFromCloud(organisation, orphan.cloudId);
    stack.graph.directory.remove('group', orphan.cloudId);
    await stack.scan();
    expect((await rows())[key(orphan)]).toBe('withdrawn gone');
    expect(
      stack.graph.requests.filter(request => request.url.includes(`/groups/${orphan.cloudId}`)),
    ).toMatchObject([{ status: 404 }]);
  });

  test('the log carries counts, and no name or address of a person', () => {
    const text = log.join('\n');
    expect(text).toContain('contacts: ');
    const personal = organisation.cloud.users.flatMap(user => [
      user.userPrincipalName,
      user.mail,
      user.displayName,
    ]);
    expect(personal.filter(value => value && value.length > 8 && text.includes(value))).toEqual([]);
  });

  describe('bad input ends in a refused run with the reason, and the candidates as they were', () => {
    const refused = async (reason: RegExp): Promise<void> => {
      const run = await stack.scan();
      expect(run.state).toBe('refused');
      expect(run.reasons.join('\n')).toMatch(reason);
      expect(await rawRows()).toEqual(before);
    };
    let before: string[];
    beforeAll(async () => {
      before = await rawRows();
    });
    afterEach(() => stack.graph.faults.clear());

    test('a permission that is missing', async () => {
      const body = JSON.stringify({
        error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges' },
      });
      const headers = { 'content-type': 'application/json' };
      stack.graph.faults.add({
        when: { path: /^\/v1\.0\/contacts$/ },
        do: { kind: 'answer', status: 403, headers, body },
      });
      await refused(/OrgContact\.Read\.All/);
    });

    test('a count far off, twice', async () => {
      stack.graph.faults.add({
        when: { path: /^\/v1\.0\/devices\/\$count$/ },
        times: 4,
        do: { kind: 'miscount', by: 500 },
      });
      await refused(/list of devices is not complete/);
    });

    test('a nextLink to another host', async () => {
      const rewrite = (): string => 'https://graph.example/v1.0/users?$skiptoken=1';
      stack.graph.faults.add({ when: { path: /^\/v1\.0\/users$/ }, do: { kind: 'nextLink', rewrite } });
      await refused(/nextLink/);
    });

    test('a page that lacks a key property', async () => {
      const names = ['onPremisesImmutableId'];
      stack.graph.faults.add({ when: { path: /^\/v1\.0\/users$/ }, do: { kind: 'dropProperties', names } });
      await refused(/onPremisesImmutableId/);
    });

    test('an export with one changed byte', async () => {
      await stack.upload(organisation);
      const container = stack.blobs.getContainerClient(containerNames.exports);
      let newest = '';
      for await (const blob of container.listBlobsFlat({ prefix: 'contoso/' }))
        if (blob.name.includes('part-') && blob.name > newest) newest = blob.name;
      const blob = container.getBlockBlobClient(newest);
      const bytes = await blob.downloadToBuffer();
      bytes[bytes.length >> 1]! ^= 1;
      await blob.uploadData(bytes);
      await refused(/contoso/);
    });
  });
});

describe('two processes at once', () => {
  test('one scans, the other is skipped, and both leave a record', async () => {
    const organisation = makeOrganisation({ seed: 4, objects: 300, now: Date.now() });
    const stack = await startScanStack({
      organisation,
      scanSettings: candidatesAtOnce,
      onLogLine: () => undefined,
    });
    const second = await startWorker({
      environment: { ...stack.settings, ...stack.platform },
      port: 0,
      onLogLine: () => undefined,
    });
    try {
      const hold = Promise.withResolvers<void>();
      stack.graph.faults.add({
        when: { path: /^\/v1\.0\/users\/\$count$/ },
        do: { kind: 'run', callback: () => hold.promise },
      });
      const scan = stack.scan();
      const states = async (): Promise<string[]> =>
        (await stack.runs.newest(5, AbortSignal.timeout(5000))).map(run => run.state).sort();
      await until(async () => (await states()).includes('running'));
      await second.runTimer('nightlyScan');
      await until(async () => (await states()).includes('skipped'));
      hold.resolve();
      await scan;
      await until(async () => !(await states()).includes('running'));
      expect(await states()).toEqual(['finished', 'skipped']);
    } finally {
      await second.stop();
      await stack.stop();
    }
  });
});

describe('SIGTERM in the middle of a scan', () => {
  test('closes the record as aborted, writes nothing else, and gives the lease back', async () => {
    const organisation = makeOrganisation({ seed: 5, objects: 300, now: Date.now() });
    const stack = await startScanStack({
      organisation,
      scanSettings: candidatesAtOnce,
      onLogLine: () => undefined,
    });
    try {
      const reached = Promise.withResolvers<void>();
      const callback = (): Promise<void> => {
        reached.resolve();
        return new Promise(() => undefined);
      };
      stack.graph.faults.add({ when: { path: /^\/v1\.0\/users$/ }, do: { kind: 'run', callback } });
      await stack.worker.runTimer('nightlyScan');
      await reached.promise;
      await stack.worker.stop();
      const [run] = await stack.runs.newest(1, AbortSignal.timeout(5000));
      expect(run).toMatchObject({ state: 'aborted', reasons: [expect.stringContaining('stopped by')] });
      expect(await stack.candidates()).toEqual([]);
      const lease = stack.blobs.getContainerClient(containerNames.locks).getBlobClient('scan.lock');
      expect((await lease.getProperties()).leaseState).toBe('available');
    } finally {
      await stack.stop();
    }
  });
});

const pollMs = 25;

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, pollMs));
}
