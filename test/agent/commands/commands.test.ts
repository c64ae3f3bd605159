import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { check } from '../../../agent/src/commands/check';
import type { CommandContext } from '../../../agent/src/commands/context';
import { exportCommand } from '../../../agent/src/commands/export';
import { keygen } from '../../../agent/src/commands/keygen';
import { run } from '../../../agent/src/commands/run';
import { readConfiguration, type AgentConfiguration } from '../../../agent/src/io/configuration';
import { manifestSchema, sourceNameSchema } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import { exportStoreOn } from '../../../shared/io/exports/exportStore';
import { azureBlobSource } from '../../../shared/io/exports/azureBlobSource';
import { publicKeyFromBase64 } from '../../../shared/io/exports/publicKey';
import { startAgentStorage, type AgentStorage } from '../../support/agent/agentStorage';
import { contosoDn, guidNumbered, MemoryDirectory, memoryUser } from '../../support/agent/memoryDirectory';
import { tenantId } from '../../support/agent/sampleFindings';
import { temporaryFolders } from '../../support/agent/temporaryFolder';
import { clientId, startTestIdentity } from './testIdentity';

let directory: MemoryDirectory;
jest.mock('../../../agent/src/commands/openDirectory', () => ({
  openDirectory: async () => directory,
}));

const noRepair = { follow: null, discardWaiting: false };
const source = sourceNameSchema.parse('contoso');
const newFolder = temporaryFolders();
const signal = new AbortController().signal;

interface Told {
  readonly context: CommandContext;
  readonly printed: string[];
  readonly told: string[];
}

function newContext(now: () => number = Date.now): Told {
  const printed: string[] = [];
  const told: string[] = [];
  return {
    printed,
    told,
    context: {
      environment: {},
      terminal: { input: process.stdin, output: process.stderr },
      progress: {
        step: name => told.push(name),
        advance: () => {},
        note: text => told.push(text),
        warn: text => told.push(text),
        done: () => {},
      },
      clock: { now: () => now() as Instant },
      signal,
      print: line => printed.push(line),
    },
  };
}

function configured(folder: string, changes: Readonly<Record<string, unknown>> = {}): AgentConfiguration {
  const file = path.join(folder, 'agent.json');
  writeFileSync(
    file,
    JSON.stringify({
      tenantId,
      source,
      stateDirectory: 'state',
      signingKeyFile: 'key.pem',
      anchorAttribute: null,
      ...changes,
    }),
  );
  return readConfiguration(file, {});
}

async function withKey(
  folder: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<AgentConfiguration> {
  const configuration = configured(folder, changes);
  await keygen(configuration, { keyId: 'first', step: 'first' }, newContext().context);
  return configuration;
}

beforeEach(() => {
  directory = new MemoryDirectory();
});

describe('keygen', () => {
  test('prints what the app needs, and takes the next key into use in two steps', async () => {
    const configuration = configured(newFolder());
    const { context, printed } = newContext();
    await keygen(configuration, { keyId: 'first', step: 'first' }, context);
    await keygen(configuration, { keyId: 'second', step: 'rotate' }, context);
    await keygen(configuration, { keyId: null, step: 'activate' }, context);
    const sources = printed
      .filter(line => line.startsWith('EXPORT_SOURCES '))
      .map(line => JSON.parse(line.slice('EXPORT_SOURCES '.length)) as { publicKeys: { keyId: string }[] }[]);
    expect(sources.map(list => list[0]?.publicKeys.map(key => key.keyId))).toEqual([
      ['first'],
      ['first', 'second'],
      ['second'],
    ]);
    expect(printed.filter(line => line.startsWith('Key '))).toEqual([
      'Key first',
      'Key second',
      'Key second',
    ]);
  });
});

describe('check', () => {
  test('tells what would be exported, and writes nothing', async () => {
    const folder = newFolder();
    const { context, printed } = newContext();
    await check(configured(folder, { canaries: [`CN=User 1,OU=Staff,${contosoDn}`] }), [], context);
    const text = printed.join('\n');
    expect(text).toContain('2 user, 0 group, 0 contact, 0 computer, 1 other, 0 tombstone');
    expect(text).toContain(`Canary seen: CN=User 1,OU=Staff,${contosoDn}`);
    expect(text).toContain('the only domain controller of its domain');
    expect(text).toContain('An export would be made.');
    expect(readdirSync(folder)).toEqual(['agent.json']);
    expect(directory.closed).toBe(true);
  });

  test('says all that stands in the way, and fails', async () => {
    directory.containers = [[`OU=Hidden,${contosoDn}`, 'organizationalUnit', null]];
    const { context, printed } = newContext();
    await expect(
      check(configured(newFolder(), { canaries: ['CN=x,DC=y'] }), [], context),
    ).rejects.toMatchObject({
      code: 'exportIncomplete',
    });
    expect(printed.join('\n')).toContain('Canary NOT SEEN: CN=x,DC=y');
    expect(printed.join('\n')).toContain(`OU=Hidden,${contosoDn}`);
    expect(directory.closed).toBe(true);
  });

  test('compares with the last export where there is one', async () => {
    const configuration = await withKey(newFolder());
    await exportCommand(
      configuration,
      { ldif: [], out: newFolder(), acceptUnexplained: null, ...noRepair },
      newContext().context,
    );
    directory.objects = directory.objects.slice(0, -1);
    const { context, printed } = newContext();
    await expect(check(configuration, [], context)).rejects.toMatchObject({ code: 'unexplainedObjects' });
    expect(printed.join('\n')).toContain('Vanished since the last export: 0 with a tombstone, 1 without');
  });

  test.each([
    [
      { kind: 'neighbours', neighbours: [{ source: 'x', lastSuccess: Date.now(), consecutiveFailures: 0 }] },
      '1 inbound neighbours',
      null,
    ],
    [
      { kind: 'notReadable', otherDomainControllers: 2 },
      'not readable; there are 2 other',
      'directoryRefused',
    ],
  ] as const)('tells of replication: %j', async (inboundReplication, text, code) => {
    const facts = (await directory.describe()).namingContexts[0]!;
    directory.facts = {
      domainController: { ...facts.domainController, inboundReplication: inboundReplication as never },
    };
    const { context, printed } = newContext();
    const checking = check(configured(newFolder()), [], context);
    const outcome = await checking.then(
      () => null,
      (error: { readonly code: string }) => error.code,
    );
    expect(outcome).toBe(code);
    expect(printed.join('\n')).toContain(text);
  });
});

describe('export', () => {
  test('leaves a sealed export for the next run, and a newer one takes its place', async () => {
    const folder = newFolder();
    const configuration = await withKey(folder);
    const { context, printed } = newContext();
    await exportCommand(
      configuration,
      { ldif: [], out: null, acceptUnexplained: null, ...noRepair },
      context,
    );
    await exportCommand(
      configuration,
      { ldif: [], out: null, acceptUnexplained: null, ...noRepair },
      context,
    );
    expect(printed).toHaveLength(2);
    expect(readdirSync(path.join(folder, 'state', 'outbox'))).toHaveLength(1);
  });

  test('with --out writes a folder that counts as delivered: the next one follows it', async () => {
    const configuration = await withKey(newFolder());
    const out = newFolder();
    const given = { ldif: [], out, acceptUnexplained: null, ...noRepair };
    await exportCommand(configuration, { ...given, out: null }, newContext().context);
    await exportCommand(configuration, given, newContext().context);
    expect(readdirSync(path.join(out, 'contoso'))).toHaveLength(2);
  });

  test('leaves nothing where the reading could not be proved, and tells every reason', async () => {
    const folder = newFolder();
    const configuration = await withKey(folder, { canaries: ['CN=x,DC=y'] });
    directory.objects = [...directory.objects, memoryUser(3, { objectSid: [] })];
    const exporting = exportCommand(
      configuration,
      { ldif: [], out: null, acceptUnexplained: null, ...noRepair },
      newContext().context,
    );
    await expect(exporting).rejects.toMatchObject({
      code: 'exportIncomplete',
      message: expect.stringMatching(/CN=User 3[^]*CN=x,DC=y/),
    });
    expect(readdirSync(path.join(folder, 'state', 'outbox'))).toEqual([]);
  });

  test.each([
    ['a key that is missing', {}, 'configurationInvalid'],
    ['a scope that can not be read', { scope: { excludeFilters: ['('] } }, 'configurationInvalid'],
  ])('ends before the directory is read for %s', async (_what, changes, code) => {
    const configuration = configured(newFolder(), changes);
    const reading = jest.spyOn(directory, 'readObjects');
    await expect(
      exportCommand(
        configuration,
        { ldif: [], out: null, acceptUnexplained: null, ...noRepair },
        newContext().context,
      ),
    ).rejects.toMatchObject({ code });
    expect(reading).not.toHaveBeenCalled();
  });

  test('of files is as old as the files', async () => {
    const describeNow = directory.describe.bind(directory);
    const takenAt = Date.parse('2026-11-01T10:00:00Z') as Instant;
    directory.describe = async () => {
      const description = await describeNow();
      const [first] = description.namingContexts;
      const domainController = { ...first!.domainController, currentTime: (takenAt + 60_000) as Instant };
      return { ...description, takenAt, namingContexts: [{ ...first!, domainController }] };
    };
    const out = newFolder();
    await exportCommand(
      await withKey(newFolder()),
      { ldif: ['x'], out, acceptUnexplained: null, ...noRepair },
      newContext().context,
    );
    expect(readdirSync(path.join(out, 'contoso'))).toEqual(['20261101T100000Z']);
  });
});

describe('a state that can not go on by itself', () => {
  const given = { ldif: [], acceptUnexplained: null };
  const exportTo = (configuration: AgentConfiguration, out: string | null, repair = {}): Promise<void> =>
    exportCommand(configuration, { ...given, out, ...noRepair, ...repair }, newContext().context);
  const newestManifest = (out: string): string =>
    path.join(
      out,
      'contoso',
      readdirSync(path.join(out, 'contoso')).toSorted().at(-1) ?? '',
      'manifest.json',
    );

  test('follows the last export where it was lost', async () => {
    const folder = newFolder();
    const out = newFolder();
    const configuration = await withKey(folder);
    await exportTo(configuration, out);
    const last = newestManifest(out);
    rmSync(path.join(folder, 'state'), { recursive: true });
    await exportTo(configuration, out, { follow: last });
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(newestManifest(out), 'utf8')));
    expect(manifest.sequence).toBe(2);
    expect(manifest.previousManifest).toBe(createHash('sha256').update(readFileSync(last)).digest('hex'));
    expect(manifest.completeness.vanished).toBeNull();
    // A state that is whole is not replaced.
    await expect(exportTo(configuration, out, { follow: last })).rejects.toMatchObject({
      code: 'stateInvalid',
    });
  });

  test.each([
    ['no file', null],
    ['no manifest', '{}'],
    ['another source', 'another'],
  ])('follows nothing else: %s', async (_what, content) => {
    const folder = newFolder();
    const out = newFolder();
    await exportTo(await withKey(folder), out);
    const file = path.join(folder, 'manifest.json');
    if (content === 'another')
      writeFileSync(file, readFileSync(newestManifest(out), 'utf8').replace('"contoso"', '"fabrikam"'));
    else if (content !== null) writeFileSync(file, content);
    await expect(exportTo(configured(newFolder()), null, { follow: file })).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: expect.stringContaining(file),
    });
  });

  test('throws away what waits and is damaged, on order alone', async () => {
    const folder = newFolder();
    const configuration = await withKey(folder);
    await exportTo(configuration, null);
    const outbox = path.join(folder, 'state', 'outbox');
    writeFileSync(path.join(outbox, readdirSync(outbox)[0] ?? '', 'manifest.sig'), 'damaged');
    await expect(exportTo(configuration, null)).rejects.toMatchObject({ code: 'stateInvalid' });
    await exportTo(configuration, null, { discardWaiting: true });
    expect(readdirSync(outbox)).toHaveLength(1);
  });
});

describe('run', () => {
  let storage: AgentStorage;
  let identity: Awaited<ReturnType<typeof startTestIdentity>>;
  beforeAll(async () => {
    storage = await startAgentStorage(source);
    identity = await startTestIdentity(storage);
  });
  afterAll(async () => {
    await identity.stop();
    await storage.stop();
  });

  const uploading = (changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    upload: { blobEndpoint: storage.front.endpoint, credential: { kind: 'managedIdentity', clientId } },
    ...changes,
  });
  const given = { ldif: [], ifDue: false, acceptUnexplained: null, ...noRepair };
  const newestManifest = async () => {
    const names: string[] = [];
    for await (const blob of storage.exports.listBlobsFlat()) names.push(blob.name);
    const newest = names
      .filter(name => name.endsWith('manifest.json'))
      .toSorted()
      .at(-1)!;
    const content = await storage.exports.getBlobClient(newest).downloadToBuffer();
    return manifestSchema.parse(JSON.parse(content.toString()));
  };
  const ask = async (kind: string, id: string): Promise<void> => {
    const content = JSON.stringify({ schemaVersion: 1, id, kind, requestedAt: new Date().toISOString() });
    await storage.request(kind).upload(content, Buffer.byteLength(content));
  };

  test('uploads an export that the app reads; then delivers what waited, answers requests and follows the chain', async () => {
    const folder = newFolder();
    const configuration = await withKey(
      folder,
      uploading({ synchronisation: { startCommand: [process.execPath, '-e', '0'] } }),
    );
    await run(configuration, given, newContext().context);
    const { context: keyContext, printed } = newContext();
    await keygen(configured(folder), { keyId: 'second', step: 'rotate' }, keyContext);
    const [{ publicKeys }] = JSON.parse(printed[2]!.slice('EXPORT_SOURCES '.length)) as [
      { publicKeys: { keyId: string; publicKey: string }[] },
    ];
    const store = exportStoreOn(azureBlobSource(storage.exports), {
      tenantId,
      sources: [
        {
          source,
          publicKeys: publicKeys.map(key => ({
            keyId: key.keyId,
            publicKey: publicKeyFromBase64(key.publicKey),
          })),
        },
      ],
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    });
    const opened = await store.openNewest(source, signal);
    const read: string[] = [];
    await opened.readRecords(record => void read.push(record.objectGUID), signal);
    expect(read).toContain(guidNumbered(1));
    expect(opened.manifest.sequence).toBe(1);

    await exportCommand(
      configuration,
      { ldif: [], out: null, acceptUnexplained: null, ...noRepair },
      newContext().context,
    );
    await ask('export', guidNumbered(71));
    await ask('synchronisation', guidNumbered(72));
    const { context, told } = newContext();
    await run(configuration, { ...given, ifDue: true }, context);
    expect(told.join('\n')).toContain('waits since an earlier run');
    const manifest = await newestManifest();
    expect(manifest.sequence).toBe(3);
    expect(manifest.answeredRequests.map(({ id, outcome }) => [id, outcome])).toEqual([
      [guidNumbered(72), 'started'],
      [guidNumbered(71), 'exported'],
    ]);

    const { context: later, printed: said } = newContext();
    await run(configuration, { ...given, ifDue: true }, later);
    expect(said).toEqual(['Not due: the app has not asked, and the last export is young enough.']);
    const { context: tomorrow } = newContext(() => Date.now() + 21 * 3_600_000);
    const facts = (await directory.describe()).namingContexts[0]!;
    directory.facts = {
      domainController: { ...facts.domainController, currentTime: (Date.now() + 21 * 3_600_000) as Instant },
    };
    await run(configuration, { ...given, ifDue: true }, tomorrow);
    expect((await newestManifest()).sequence).toBe(4);
  });

  test('goes on where a command of synchronisation fails, and says so', async () => {
    const configuration = await withKey(
      newFolder(),
      uploading({
        synchronisation: {
          startCommand: [process.execPath, '-e', 'process.exit(3)'],
          historyCommand: [process.execPath, '-e', 'process.exit(4)'],
        },
      }),
    );
    await ask('synchronisation', guidNumbered(73));
    await new Promise(resolve => setTimeout(resolve, 1000 - (Date.now() % 1000)));
    const { context, told } = newContext(() => Date.now() + 48 * 3_600_000);
    const facts = (await directory.describe()).namingContexts[0]!;
    directory.facts = {
      domainController: { ...facts.domainController, currentTime: (Date.now() + 48 * 3_600_000) as Instant },
    };
    await run(configuration, given, context);
    expect(told.filter(text => text.includes('exit code'))).toHaveLength(2);
    const manifest = await newestManifest();
    expect(manifest.answeredRequests.find(answer => answer.kind === 'synchronisation')?.outcome).toBe(
      'failed',
    );
    expect(manifest.synchronisationRuns).toBeNull();
  });

  test('without a place to upload to says what to do', async () => {
    const folder = newFolder();
    await expect(run(await withKey(folder), given, newContext().context)).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: expect.stringContaining('export --out'),
    });
    expect(existsSync(path.join(folder, 'state'))).toBe(false);
  });
});
