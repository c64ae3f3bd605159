import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { OutgoingFile } from '../../../../agent/src/app/exportPorts';
import { localFiles } from '../../../../agent/src/io/files/fileSystem';
import { defaultPatience, type Patience } from '../../../../agent/src/io/upload/attempts';
import { blobDestination } from '../../../../agent/src/io/upload/blobDestination';
import { createAgentContainer } from '../../../../agent/src/io/upload/containers';
import { azureBlobSource } from '../../../../shared/io/exports/azureBlobSource';
import { exportFolderName, sourceNameSchema } from '../../../../shared/core/exportFormat';
import type { Instant } from '../../../../shared/core/instant';
import { runAgent } from '../../../support/agent/agentRun';
import { startAgentStorage, type AgentStorage } from '../../../support/agent/agentStorage';
import { readNewest } from '../../../support/agent/chain';
import type { FrontFault, FrontRequest } from '../../../support/agent/createOnlyFront';
import { sampleLine } from '../../../support/agent/sampleFindings';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';
import { testKey } from '../../../support/agent/testKey';

const newFolder = temporaryFolders();
const contoso = sourceNameSchema.parse('contoso');
const key = testKey();
const never = new AbortController().signal;

let storage: AgentStorage;
beforeAll(async () => {
  storage = await startAgentStorage(contoso);
});
afterAll(() => storage?.stop());
afterEach(() => {
  storage.front.faults = () => null;
});

/** Never waits, and remembers how long it would have. */
function impatience(changes: Partial<Patience> = {}): Patience & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    ...defaultPatience,
    attempts: 4,
    random: () => 1,
    wait: async milliseconds => void waits.push(milliseconds),
    waits,
    ...changes,
  };
}

let second = 0;
const nextInstant = (): Instant => (Date.UTC(2026, 0, 2) + (second += 1) * 1000) as Instant;
const nextFile = (changes: Partial<OutgoingFile> = {}): OutgoingFile => ({
  source: contoso,
  folder: exportFolderName(nextInstant()),
  name: 'manifest.sig',
  content: randomBytes(64),
  attempted: false,
  ...changes,
});
const put = (file: OutgoingFile, patience: Patience = impatience(), signal = never) =>
  blobDestination(storage.agentContainer('exports'), patience).put(file, signal);
const storedContent = (file: OutgoingFile): Promise<Buffer> =>
  storage.exports.getBlobClient(`${file.source}/${file.folder}/${file.name}`).downloadToBuffer();
async function storedAtLast(file: OutgoingFile): Promise<void> {
  const blob = storage.exports.getBlobClient(`${file.source}/${file.folder}/${file.name}`);
  while (!(await blob.exists()));
}
const requestsFor = (file: OutgoingFile): readonly FrontRequest[] =>
  storage.front.requests.filter(request => request.path.includes(file.folder));

/** These things happen to the first requests for the file, in this order. */
function happensTo(file: OutgoingFile, ...faults: readonly FrontFault[]): void {
  const left = [...faults];
  storage.front.faults = request => (request.path.includes(file.folder) ? (left.shift() ?? null) : null);
}

const answer = (status: number, code: string, headers?: Record<string, string>): FrontFault => ({
  kind: 'answer',
  status,
  code,
  ...(headers && { headers }),
});

describe('an export', () => {
  test('is read by the app as what was put in, in parts that went up while it was read, the manifest last', async () => {
    const lines = Array.from({ length: 100 }, (_, number) => sampleLine(number));
    const firstPart = Promise.withResolvers<void>();
    storage.front.faults = request => {
      if (request.path.endsWith('part-00000.ndjson.gz')) firstPart.resolve();
      return null;
    };
    const startedAt = nextInstant();
    const last = await runAgent({
      state: {
        folder: path.join(newFolder(), 'contoso'),
        source: contoso,
        files: localFiles,
        clock: { now: () => startedAt },
        partLimits: { maxLines: 13 },
      },
      destination: blobDestination(storage.agentContainer('exports'), impatience()),
      key,
      lines,
      // The reading does not end before a part is under way.
      afterLine: async number => {
        if (number === 50) await firstPart.promise;
      },
    });
    const read = await readNewest(azureBlobSource(storage.exports), contoso, key);
    expect(read.folder).toBe(last.folder);
    expect(read.manifestHash).toBe(last.manifestHash);
    expect(read.records.map(record => record.objectGUID)).toEqual(lines.map(line => line.objectGUID));
    expect(read.manifest).toMatchObject({
      sequence: 1,
      previousManifest: null,
      startedAt,
      completeness: { danglingLinks: 2 },
      canaries: [{ seen: true }],
    });
    const order = storage.front.requests
      .filter(request => request.path.includes(last.folder))
      .map(request => path.basename(request.path));
    expect(order.slice(0, -2).toSorted()).toEqual(read.manifest.parts.map(part => part.name));
    expect(order.slice(-2)).toEqual(['manifest.sig', 'manifest.json']);
    expect(storage.front.requests.every(request => request.status === 201)).toBe(true);
  });
});

describe('a file', () => {
  test('is stored by one request', async () => {
    const file = nextFile();
    await expect(put(file)).resolves.toBe('stored');
    expect(await storedContent(file)).toEqual(file.content);
    expect(requestsFor(file)).toHaveLength(1);
  });

  test.each<[string, FrontFault]>([
    ['the connection is cut', { kind: 'cut' }],
    ['the service is not well', answer(500, 'InternalError')],
    ['the service is busy', answer(503, 'ServerBusy')],
    ['there were too many requests', answer(429, 'TooManyRequests')],
    ['the service took too long', answer(408, 'RequestTimeout')],
    ['it is damaged on its way, and refused', { kind: 'damage' }],
  ])('is stored by another attempt where %s', async (_, fault) => {
    const file = nextFile();
    happensTo(file, fault, fault);
    await expect(put(file)).resolves.toBe('stored');
    expect(await storedContent(file)).toEqual(file.content);
    expect(requestsFor(file)).toHaveLength(3);
  });

  test('whose answer was lost is there, and the next attempt finds it', async () => {
    const file = nextFile();
    happensTo(file, { kind: 'swallow' });
    await expect(put(file)).resolves.toBe('alreadyThere');
    expect(requestsFor(file).map(request => request.status)).toEqual([null, 409]);
    expect(await storedContent(file)).toEqual(file.content);
  });

  test('that an earlier run may have stored is taken for ours', async () => {
    const file = nextFile();
    await put(file);
    await expect(put({ ...file, attempted: true })).resolves.toBe('alreadyThere');
  });

  test('whose name is taken though nobody here tried is refused, and nothing is overwritten', async () => {
    const file = nextFile();
    await put(file);
    const other = { ...file, content: randomBytes(64) };
    await expect(put(other)).rejects.toMatchObject({
      name: 'NameTakenError',
      code: 'uploadRefused',
      message: expect.stringContaining("somebody else writes this source's exports"),
    });
    expect(await storedContent(file)).toEqual(file.content);
  });

  test('whose name is taken is refused also where the attempt before never arrived', async () => {
    const file = nextFile();
    await put(file);
    const token = await storage.token();
    const noToken = Object.assign(new Error('the endpoint is not there'), {
      name: 'CredentialUnavailableError',
    });
    const answers = [() => Promise.reject(noToken), () => Promise.resolve(token)];
    const container = createAgentContainer(storage.front.endpoint, 'exports', {
      getToken: () => (answers.length > 1 ? answers.shift()! : answers[0]!)(),
    });
    await expect(blobDestination(container, impatience()).put(file, never)).rejects.toMatchObject({
      name: 'NameTakenError',
    });
    expect(requestsFor(file).map(request => request.status)).toEqual([201, 409]);
  });

  test('waits as long as the service asks, and longer from one attempt to the next', async () => {
    const file = nextFile();
    happensTo(
      file,
      answer(503, 'ServerBusy', { 'retry-after': '17' }),
      answer(503, 'ServerBusy'),
      answer(503, 'ServerBusy'),
    );
    const patience = impatience();
    await put(file, patience);
    expect(patience.waits).toEqual([17_000, 2_000, 4_000]);
  });

  test('is tried again by the clock of this machine where nobody says otherwise', async () => {
    const file = nextFile();
    happensTo(file, answer(503, 'ServerBusy'));
    await expect(put(file, { ...defaultPatience, random: () => 0 })).resolves.toBe('stored');
    expect(defaultPatience.clock.now()).toBeGreaterThan(Date.UTC(2026, 0, 1));
  });

  test('is given up after so many attempts, with what to do', async () => {
    const file = nextFile();
    happensTo(file, ...Array.from({ length: 9 }, () => answer(503, 'ServerBusy')));
    await expect(put(file)).rejects.toMatchObject({
      code: 'uploadUnavailable',
      message: expect.stringMatching(/HTTP 503 ServerBusy.*attempt 4.*the next run goes on/),
    });
    expect(requestsFor(file)).toHaveLength(4);
  });

  test('is given up at once where the service asks for more patience than there is', async () => {
    const file = nextFile();
    happensTo(file, answer(503, 'ServerBusy', { 'retry-after': '3600' }));
    await expect(put(file)).rejects.toMatchObject({ code: 'uploadUnavailable' });
    expect(requestsFor(file)).toHaveLength(1);
  });

  test('whose answer does not come is tried again', async () => {
    const file = nextFile();
    const gate = Promise.withResolvers<void>();
    happensTo(file, { kind: 'hold', until: gate.promise });
    await expect(put(file, impatience({ attemptMs: 150 }))).resolves.toBe('stored');
    gate.resolve();
  });

  test('whose answer comes too late was ours all the same', async () => {
    const file = nextFile();
    const gate = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    let seen = 0;
    storage.front.faults = request => {
      if (!request.path.includes(file.folder)) return null;
      seen += 1;
      // The second attempt waits until the first has been carried out.
      return { kind: 'hold', until: seen === 1 ? gate.promise : late.promise };
    };
    const patience = impatience({
      attemptMs: 1000,
      wait: async () => {
        gate.resolve();
        await storedAtLast(file);
        late.resolve();
      },
    });
    await expect(put(file, patience)).resolves.toBe('alreadyThere');
  });

  test('for which no token ever comes is given up', async () => {
    const container = createAgentContainer(storage.front.endpoint, 'exports', {
      getToken: () => new Promise<never>(() => {}),
    });
    const patience = impatience({ attemptMs: 100, attempts: 2 });
    await expect(blobDestination(container, patience).put(nextFile(), never)).rejects.toMatchObject({
      code: 'uploadUnavailable',
      message: expect.stringContaining('no answer within'),
    });
  });

  test('is left alone when the agent is stopped', async () => {
    const file = nextFile();
    const stop = new AbortController();
    const gate = Promise.withResolvers<void>();
    storage.front.faults = () => {
      stop.abort(new Error('stopped by the administrator'));
      return { kind: 'hold', until: gate.promise };
    };
    await expect(put(file, impatience(), stop.signal)).rejects.toThrow('stopped by the administrator');
    gate.resolve();
  });

  test.each([
    [403, 'AuthorizationPermissionMismatch', /blobs\/add\/action on the container exports/],
    [403, 'AuthorizationFailure', /network rules/],
    [403, 'AuthenticationFailed', /clock/],
    [401, 'InvalidAuthenticationInfo', /tenant and endpoint/],
    [404, 'ContainerNotFound', /no container exports: deploy infra/],
    [404, 'ResourceNotFound', /Correct the endpoint/],
    [409, 'ContainerBeingDeleted', /HTTP 409 ContainerBeingDeleted/],
    [400, 'InvalidHeaderValue', /HTTP 400 InvalidHeaderValue/],
  ])('is refused for good by HTTP %d %s', async (status, code, message) => {
    const file = nextFile();
    happensTo(file, answer(status, code));
    await expect(put(file)).rejects.toMatchObject({
      code: 'uploadRefused',
      message: expect.stringMatching(message),
    });
    expect(requestsFor(file)).toHaveLength(1);
  });

  test('of another source is not within the role', async () => {
    const file = nextFile({ source: 'fabrikam' });
    await expect(put(file)).rejects.toMatchObject({ code: 'uploadRefused' });
    expect(requestsFor(file)).toMatchObject([{ forwarded: false, status: 403 }]);
  });

  test('meets a network that is not there', async () => {
    const nowhere = createAgentContainer('https://127.0.0.1:1/devstoreaccount1', 'exports', {
      getToken: async () => ({ token: 'x', expiresOnTimestamp: Date.now() + 3_600_000 }),
    });
    await expect(blobDestination(nowhere, impatience()).put(nextFile(), never)).rejects.toMatchObject({
      code: 'uploadUnavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('that fails for a reason of the program is not tried again', async () => {
    const broken = createAgentContainer(storage.front.endpoint, 'exports', {
      getToken: () => Promise.reject(new TypeError('a bug')),
    });
    const patience = impatience();
    await expect(blobDestination(broken, patience).put(nextFile(), never)).rejects.toThrow('a bug');
    expect(patience.waits).toEqual([]);
  });
});

describe('the front lets nothing else pass', () => {
  const agent = () => storage.agentContainer('exports');
  const name = () => `contoso/${exportFolderName(nextInstant())}/manifest.sig`;
  const md5 = { transactionalContentMD5: Buffer.alloc(16) };
  const once = { conditions: { ifNoneMatch: '*' } };
  test.each<[string, () => Promise<unknown>]>([
    ['a Put that may overwrite', () => agent().getBlockBlobClient(name()).upload('x', 1, md5)],
    ['a Put without its MD5', () => agent().getBlockBlobClient(name()).upload('x', 1, once)],
    ['a block', () => agent().getBlockBlobClient(name()).stageBlock('AAAA', 'x', 1)],
    ['an append blob', () => agent().getAppendBlobClient(name()).create(once)],
    [
      'another name',
      () =>
        agent()
          .getBlockBlobClient('contoso/notes.txt')
          .upload('x', 1, { ...md5, ...once }),
    ],
    ['a list', () => agent().listBlobsFlat().next()],
    ['reading an export', () => agent().getBlobClient(name()).downloadToBuffer()],
    ['deleting', () => agent().getBlobClient(name()).delete()],
    ['a new container', () => agent().create()],
    [
      'another request',
      () => storage.agentContainer('requests').getBlobClient('contoso/other.json').downloadToBuffer(),
    ],
    [
      "another source's request",
      () => storage.agentContainer('requests').getBlobClient('fabrikam/export.json').downloadToBuffer(),
    ],
  ])('%s', async (_, act) => {
    await expect(act()).rejects.toMatchObject({ statusCode: 403 });
  });
});
