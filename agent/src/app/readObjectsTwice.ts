import { guidFromBytes } from '../../../shared/core/keys/guid';
import type { DirectoryEntry } from '../core/directoryEntry';
import { dnKey } from '../core/distinguishedName';
import { exportAttributes, exportLineOf } from '../core/exportLine';
import { explainDifference, maxKeptDifferences, SecondCount } from '../core/secondCount';
import { inScope, scopeAttributes } from '../core/syncScope';
import { isExported, type ReadingUnderWay } from './readingUnderWay';

/** Objects that are named in a problem; the figure is always exact. */
const named = 5;
const guidBytes = 16;

/**
 * Reads every object of a naming context and, side by side, its keys alone once more. An object that only one of the two has
 * must have changed in the meantime, by its uSNChanged; otherwise one of the readings was short.
 */
export async function readObjectsTwice(
  reading: ReadingUnderWay,
  position: number,
): Promise<{ readonly onlyInFirst: number; readonly onlyInSecond: number }> {
  const { directory, settings, signal, namingContexts, progress } = reading;
  const name = namingContexts[position]?.distinguishedName ?? '';
  const attributes = exportAttributes(settings.anchorAttribute, scopeAttributes(settings.scope));
  const tally = new SecondCount();
  reading.secondCounts.push(tally);
  const objects = new ObjectWriter(reading, position, tally);
  progress.step(`Reading ${name}`);
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const first = directory.readObjects(
    position,
    attributes,
    async page => {
      for (const entry of page) objects.take(entry);
      progress.advance(page.length);
      await reading.sink.drained();
      await reading.objects.drained();
    },
    both,
  );
  const second = directory.readKeys(
    position,
    () => tally.restartSecond(),
    page => {
      for (const key of page) tally.addSecond(key);
    },
    both,
  );
  // One that failed stops the other; its own error is the one that is told.
  const results = await Promise.allSettled(
    [first, second].map(async search => {
      try {
        await search;
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }),
  );
  const rejected = results.find(result => result.status === 'rejected');
  if (rejected) throw failed.signal.reason ?? rejected.reason;
  objects.tellStripped();
  return await explainDifferences(reading, position, tally, objects, attributes);
}

/** Turns entries into lines, each object once however often its page came. */
class ObjectWriter {
  readonly #reading: ReadingUnderWay;
  readonly #position: number;
  readonly #tally: SecondCount;
  readonly #stripped: string[] = [];
  #strippedCount = 0;

  constructor(reading: ReadingUnderWay, position: number, tally: SecondCount) {
    this.#reading = reading;
    this.#position = position;
    this.#tally = tally;
  }

  take(entry: DirectoryEntry): void {
    const { settings, seenNames, counts, sink, objects, isUnchecked } = this.#reading;
    seenNames.add(dnKey(entry.distinguishedName));
    const made = exportLineOf(entry, {
      namingContext: this.#position,
      anchorAttribute: settings.anchorAttribute,
      inScope: inScope(settings.scope, entry),
    });
    const objectGUID = entry.attributes.get('objectguid')?.[0];
    // Its page came again after a broken connection, or it was moved here from another naming context meanwhile.
    const isNew =
      objectGUID?.length === guidBytes &&
      !isExported(this.#reading, objectGUID) &&
      this.#tally.addFirst(objectGUID, made.kind === 'line' ? made.line.objectClass : null);
    switch (made.kind) {
      case 'notExported':
        return;
      case 'stripped':
        if (!isUnchecked(entry.distinguishedName))
          this.#strip(`${entry.distinguishedName}: without ${made.missing.join(', ')}`);
        return;
      case 'invalid':
        this.#strip(`${entry.distinguishedName}: ${made.attribute}: ${made.problem}`);
        return;
      case 'tooLong':
        this.#strip(`${entry.distinguishedName}: a line of ${made.bytes} bytes, more than the format allows`);
        return;
      case 'line': {
        if (!isNew || objectGUID === undefined) return;
        const count = counts[this.#position];
        if (count) count[made.line.objectClass] += 1;
        objects.add(objectGUID);
        sink.append(JSON.stringify(made.line));
      }
    }
  }

  #strip(what: string): void {
    this.#strippedCount += 1;
    if (this.#stripped.length < named) this.#stripped.push(what);
  }

  tellStripped(): void {
    if (this.#strippedCount === 0) return;
    this.#reading.problems.push({
      code: 'exportIncomplete',
      message:
        `${this.#strippedCount} objects can not be exported as they came, for example:\n    ` +
        `${this.#stripped.join('\n    ')}\n  Where something is missing that every such object has, the account may not read ` +
        'it: grant Read Property on what holds it, or name that in "ignoreContainers" where it can hold no synchronised object.',
    });
  }
}

async function explainDifferences(
  reading: ReadingUnderWay,
  position: number,
  tally: SecondCount,
  objects: ObjectWriter,
  attributes: readonly string[],
): Promise<{ readonly onlyInFirst: number; readonly onlyInSecond: number }> {
  const { directory, signal, namingContexts, problems } = reading;
  const context = namingContexts[position];
  if (context === undefined) throw new RangeError(`no naming context ${position}`);
  const usnBefore = context.domainController.highestCommittedUSN;
  const { onlyInFirst, onlyInSecond, keysOnlyInFirst, keysOnlyInSecond } = tally.differences();
  const unexplained: string[] = [];
  if (Math.max(onlyInFirst, onlyInSecond) > maxKeptDifferences) {
    unexplained.push(`more than ${maxKeptDifferences} objects: too many to look at one by one`);
  } else {
    const seenIn = { first: keysOnlyInFirst, second: keysOnlyInSecond } as const;
    for (const only of ['first', 'second'] as const) {
      for (const objectGUID of seenIn[only]) {
        const found = await directory.findByGuid(position, objectGUID, attributes, signal);
        const explained = explainDifference({ in: only, found, usnBefore });
        if (explained.kind === 'unexplained')
          unexplained.push(`${guidFromBytes(objectGUID)}: ${explained.reason}`);
        else if (only === 'second' && found && !found.isDeleted) objects.take(found.entry);
      }
    }
  }
  if (unexplained.length > 0) {
    problems.push({
      code: 'exportIncomplete',
      message:
        `${context.distinguishedName} was read twice, and the two readings differ without a change that explains it ` +
        `(${onlyInFirst} objects in the first only, ${onlyInSecond} in the second only):\n    ` +
        `${unexplained.slice(0, named).join('\n    ')}\n  Run it again; where it stays so, ` +
        'look at the health of the domain controller.',
    });
  }
  return { onlyInFirst, onlyInSecond };
}
