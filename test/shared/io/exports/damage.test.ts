import fc from 'fast-check';
import { AppError } from '../../../../shared/core/appError';
import type { WrittenExport } from '../../../support/exportWriter';
import { MemoryBlobs } from './memoryBlobs';
import { guidOf, readAll, sampleExport, userLine } from './sampleExport';

/** What comes of reading an export with other bytes in one file. */
async function outcomeOf(written: WrittenExport, name: string, bytes: Buffer): Promise<unknown> {
  const blobs = MemoryBlobs.of({ ...written, files: new Map(written.files).set(name, bytes) });
  return readAll(blobs).then(
    () => 'accepted',
    (error: unknown) => (error instanceof AppError ? error.code : error),
  );
}

const changed = (bytes: Buffer, at: number, difference: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ difference;
  return copy;
};

const small = sampleExport({ lines: [userLine(1), userLine(2)], linesPerPart: 1 });
const files = [...small.files.keys()];

test.each(files)('an export with %s cut short at any byte is refused', async name => {
  const bytes = small.files.get(name)!;
  for (let length = 0; length < bytes.length; length += 1)
    expect([length, await outcomeOf(small, name, bytes.subarray(0, length))]).toEqual([
      length,
      'exportRefused',
    ]);
});

test.each(files)('an export with any byte of %s changed is refused', async name => {
  const bytes = small.files.get(name)!;
  for (let at = 0; at < bytes.length; at += 1)
    expect([at, await outcomeOf(small, name, changed(bytes, at, 1 << (at % 8)))]).toEqual([
      at,
      'exportRefused',
    ]);
});

test('a larger export is refused for any change of any byte, any cut and any addition', async () => {
  const lines = Array.from({ length: 400 }, (_, number) => ({
    ...userLine(number),
    'msDS-ExternalDirectoryObjectId': `User_${guidOf((number * 7919) % 1000)}`,
  }));
  const large = sampleExport({ lines, linesPerPart: 150 });
  const damage = fc.constantFrom(...large.files.keys()).chain(name => {
    const bytes = large.files.get(name)!;
    const offset = fc.nat(bytes.length - 1);
    return fc.oneof(
      fc
        .tuple(offset, fc.integer({ min: 1, max: 255 }))
        .map(([at, by]) => ({ name, bytes: changed(bytes, at, by) })),
      offset.map(length => ({ name, bytes: bytes.subarray(0, length) })),
      fc
        .uint8Array({ minLength: 1, maxLength: 40 })
        .map(more => ({ name, bytes: Buffer.concat([bytes, more]) })),
    );
  });
  expect(await readAll(MemoryBlobs.of(large))).toHaveLength(lines.length);
  await fc.assert(
    fc.asyncProperty(damage, async ({ name, bytes }) => {
      expect(await outcomeOf(large, name, bytes)).toBe('exportRefused');
    }),
    { numRuns: 300 },
  );
});
