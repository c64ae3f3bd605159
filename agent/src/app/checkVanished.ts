import { guidFromBytes } from '../../../shared/core/keys/guid';
import { VanishedCount, type Vanished } from '../core/vanished';
import { isExported, type ReadingUnderWay } from './readingUnderWay';

const named = 5;

/** Holds the last export's objects against this one's: what is gone must have left a tombstone. null: there is no last export. */
export async function checkVanished(reading: ReadingUnderWay): Promise<Vanished | null> {
  const { lastObjects, buried, progress, signal } = reading;
  if (lastObjects === null) return null;
  progress.step('Comparing with the last export', lastObjects.count);
  const count = new VanishedCount(
    key => isExported(reading, key),
    key => buried.has(key),
  );
  await lastObjects.read(block => {
    for (let at = 0; at < block.length; at += 16) count.add(block.subarray(at, at + 16));
    progress.advance(block.length / 16);
  }, signal);
  const vanished = count.result();
  if (vanished.unexplained > 0) {
    const examples = vanished.unexplainedKeys.slice(0, named).map(key => guidFromBytes(key));
    progress.warn(
      `${vanished.unexplained} objects of the last export are gone without a tombstone, for example by objectGUID:\n    ` +
        examples.join('\n    '),
    );
  }
  return vanished;
}
