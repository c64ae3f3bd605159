import { tombstoneLineOf } from '../core/tombstoneLine';
import { isExported, type ReadingUnderWay } from './readingUnderWay';

const named = 5;

/**
 * Reads CN=Deleted Objects. An object that was alive when it was read, and deleted since, stays a live line: what changed after an
 * export's start may be missing from it, and a live line can only save.
 */
export async function readTombstones(
  reading: ReadingUnderWay,
  position: number,
): Promise<'included' | 'notReadable'> {
  const { directory, namingContexts, buried, counts, sink, problems, progress, signal } = reading;
  const context = namingContexts[position];
  if (!context?.domain) return 'included';
  progress.step(`Reading the deleted objects of ${context.distinguishedName}`);
  const invalid: string[] = [];
  const result = await directory.readTombstones(
    position,
    async page => {
      for (const entry of page) {
        const made = tombstoneLineOf(entry, {
          namingContext: position,
          recycleBinEnabled: context.recycleBinEnabled,
        });
        if (made.kind === 'invalid') {
          invalid.push(made.problem);
          continue;
        }
        const objectGUID = entry.attributes.get('objectguid')?.[0];
        // A page may come again after a broken connection.
        if (objectGUID === undefined || !buried.add(objectGUID) || isExported(reading, objectGUID)) continue;
        const count = counts[position];
        if (count) count.tombstone += 1;
        sink.append(JSON.stringify(made.line));
      }
      progress.advance(page.length);
      await sink.drained();
    },
    signal,
  );
  if (result === 'notReadable') {
    progress.warn(
      `The account sees nothing in CN=Deleted Objects,${context.distinguishedName}: deletions can not be proved, and what ` +
        'vanished since the last export is unexplained. docs/agent.md says how to grant List Contents and Read Property there.',
    );
  }
  if (invalid.length > 0) {
    problems.push({
      code: 'exportIncomplete',
      message: `${invalid.length} deleted objects can not be read, for example:\n    ${invalid.slice(0, named).join('\n    ')}`,
    });
  }
  return result;
}
