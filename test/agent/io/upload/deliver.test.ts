import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExportDestination, OutgoingFile } from '../../../../agent/src/app/exportPorts';
import { localFiles } from '../../../../agent/src/io/files/fileSystem';
import { AgentState } from '../../../../agent/src/io/state/agentState';
import { deliver, deliverWhileReading, parallelFiles } from '../../../../agent/src/io/upload/deliver';
import { NameTakenError } from '../../../../agent/src/io/upload/nameTaken';
import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import type { Instant } from '../../../../shared/core/instant';
import { sampleFindings, sampleLine } from '../../../support/agent/sampleFindings';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';
import { testKey } from '../../../support/agent/testKey';

const newFolder = temporaryFolders();
const key = testKey();
const never = new AbortController().signal;
const lines = Array.from({ length: 9 }, (_, number) => sampleLine(number));

interface TestDestination extends ExportDestination {
  /** Names in the order in which they were begun, and ended. */
  readonly begun: string[];
  readonly ended: string[];
}

/** Stores everything, unless `act` does otherwise. */
function destinationNamed(
  name: string,
  act: (file: OutgoingFile) => Promise<void> = () => Promise.resolve(),
): TestDestination {
  const begun: string[] = [];
  const ended: string[] = [];
  return {
    name,
    begun,
    ended,
    async put(file) {
      begun.push(file.name);
      await act(file);
      ended.push(file.name);
      return 'stored';
    },
  };
}

const openState = (folder: string) =>
  AgentState.open({
    folder,
    source: sourceNameSchema.parse('contoso'),
    clock: { now: () => Date.UTC(2026, 0, 2) as Instant },
    partLimits: { maxLines: 1 },
  });

async function sealedExport() {
  const folder = newFolder();
  const state = await openState(folder);
  const draft = await state.begin(never);
  for (const line of lines) draft.parts.append(JSON.stringify(line));
  const sealed = await draft.seal(sampleFindings(lines, draft.startedAt), key, '0.1.0');
  await state.close();
  return { folder, sealed };
}

/** As the next process finds it. */
async function reopened(folder: string) {
  const state = await openState(folder);
  const sealed = (await state.waiting())!;
  await state.close();
  return sealed;
}

test('parts go four at a time, signature and manifest alone and last', async () => {
  const { sealed } = await sealedExport();
  let running = 0;
  let most = 0;
  const besideManifest: number[] = [];
  const fourRun = Promise.withResolvers<void>();
  const destination = destinationNamed('azure', async file => {
    running += 1;
    most = Math.max(most, running);
    if (running === parallelFiles) fourRun.resolve();
    if (file.name.startsWith('manifest')) besideManifest.push(running);
    // The first four end only when all of them have begun.
    await fourRun.promise;
    running -= 1;
  });
  await deliver(sealed, destination, localFiles, never);
  expect(most).toBe(parallelFiles);
  expect(besideManifest).toEqual([1, 1]);
  expect(destination.ended).toHaveLength(11);
  expect(destination.ended.slice(-2)).toEqual(['manifest.sig', 'manifest.json']);
});

test('a part that fails keeps signature and manifest back, and the next run sends only what is missing', async () => {
  const { folder, sealed } = await sealedExport();
  const broken = destinationNamed('azure', file =>
    file.name === 'part-00003.ndjson.gz' ? Promise.reject(new Error('cut')) : Promise.resolve(),
  );
  await expect(deliver(sealed, broken, localFiles, never)).rejects.toThrow('cut');
  expect(broken.begun.filter(name => name.startsWith('manifest'))).toEqual([]);
  const attempted: [string, boolean][] = [];
  const whole = destinationNamed('azure', async file => void attempted.push([file.name, file.attempted]));
  await deliver(await reopened(folder), whole, localFiles, never);
  const missing = sealed.parts.map(part => part.name).filter(name => !broken.ended.includes(name));
  expect(whole.begun.toSorted()).toEqual([...missing, 'manifest.json', 'manifest.sig'].toSorted());
  expect(attempted.find(([name]) => name === 'part-00003.ndjson.gz')).toEqual(['part-00003.ndjson.gz', true]);
  expect(attempted.find(([name]) => name === 'manifest.json')).toEqual(['manifest.json', false]);
});

test('a signature that fails keeps the manifest back', async () => {
  const { sealed } = await sealedExport();
  const broken = destinationNamed('azure', file =>
    file.name === 'manifest.sig' ? Promise.reject(new Error('cut')) : Promise.resolve(),
  );
  await expect(deliver(sealed, broken, localFiles, never)).rejects.toThrow('cut');
  // The journal writes one line after the other: what was under way beside the signature stands before this one.
  await sealed.journal.note(broken, 'nothing', 'attempted');
  expect(sealed.journal.stateOf(broken, 'manifest.sig')).toBe('attempted');
  expect(sealed.journal.stateOf(broken, 'manifest.json')).toBeNull();
});

test('another destination gets all of it, whatever the first one has', async () => {
  const { folder, sealed } = await sealedExport();
  const first = destinationNamed('folder', file =>
    file.name === 'manifest.json' ? Promise.reject(new Error('cut')) : Promise.resolve(),
  );
  await expect(deliver(sealed, first, localFiles, never)).rejects.toThrow('cut');
  const second = destinationNamed('azure');
  await deliver(await reopened(folder), second, localFiles, never);
  expect(second.ended).toHaveLength(11);
});

test('a name that was taken is never taken for ours later, though the attempt is on record', async () => {
  const { folder, sealed } = await sealedExport();
  const taken = destinationNamed('azure', file => Promise.reject(new NameTakenError('azure', file)));
  await expect(deliver(sealed, taken, localFiles, never)).rejects.toMatchObject({ code: 'uploadRefused' });
  const attempts: boolean[] = [];
  const asked = destinationNamed('azure', async file => void attempts.push(file.attempted));
  await deliver(await reopened(folder), asked, localFiles, never);
  expect(new Set(attempts)).toEqual(new Set([false]));
});

test('a part that changed on the disk is not sent', async () => {
  const { sealed } = await sealedExport();
  const [part] = sealed.parts;
  const bytes = readFileSync(part!.path);
  bytes[20]! ^= 1;
  writeFileSync(part!.path, bytes);
  const destination = destinationNamed('azure');
  await expect(deliver(sealed, destination, localFiles, never)).rejects.toMatchObject({
    code: 'stateInvalid',
    message: expect.stringMatching(/part-00000.*another content/),
  });
  expect(destination.begun).not.toContain(part!.name);
});

describe('while the directory is read', () => {
  test('parts go up, and the rest afterwards', async () => {
    const folder = newFolder();
    const state = await openState(folder);
    const draft = await state.begin(never);
    const stored = Promise.withResolvers<void>();
    const destination = destinationNamed('azure', async () => stored.resolve());
    const early = deliverWhileReading(draft, destination, localFiles, never);
    for (const line of lines.slice(0, 3)) draft.parts.append(JSON.stringify(line));
    await stored.promise;
    for (const line of lines.slice(3)) draft.parts.append(JSON.stringify(line));
    const sealed = await draft.seal(sampleFindings(lines, draft.startedAt), key, '0.1.0');
    await early.settled();
    expect(early.problem).toBeNull();
    expect(destination.ended).not.toContain('manifest.sig');
    await deliver(sealed, destination, localFiles, never);
    expect(destination.begun.toSorted()).toEqual([...new Set(destination.begun)].toSorted());
    expect(destination.ended).toHaveLength(11);
    await state.close();
  });

  test('a problem ends the head start, and not the reading', async () => {
    const state = await openState(newFolder());
    const draft = await state.begin(never);
    const failed = Promise.withResolvers<void>();
    let fails = true;
    const destination = destinationNamed('azure', async () => {
      if (!fails) return;
      failed.resolve();
      throw new Error('no network');
    });
    const early = deliverWhileReading(draft, destination, localFiles, never);
    draft.parts.append(JSON.stringify(lines[0]));
    draft.parts.append(JSON.stringify(lines[1]));
    await failed.promise;
    for (const line of lines.slice(2)) draft.parts.append(JSON.stringify(line));
    const sealed = await draft.seal(sampleFindings(lines, draft.startedAt), key, '0.1.0');
    await early.settled();
    expect(early.problem).toMatchObject({ message: 'no network' });
    expect(destination.begun.length).toBeLessThanOrEqual(parallelFiles);
    fails = false;
    await deliver(sealed, destination, localFiles, never);
    expect(destination.ended).toHaveLength(11);
    await state.close();
  });

  test('nothing is begun after it was told to settle', async () => {
    const state = await openState(newFolder());
    const draft = await state.begin(never);
    const destination = destinationNamed('azure');
    const early = deliverWhileReading(draft, destination, localFiles, never);
    await early.settled();
    for (const line of lines) draft.parts.append(JSON.stringify(line));
    const sealed = await draft.seal(sampleFindings(lines, draft.startedAt), key, '0.1.0');
    expect(destination.begun).toEqual([]);
    expect(path.basename(sealed.path)).toBe('20260102T000000Z');
    await state.close();
  });
});
