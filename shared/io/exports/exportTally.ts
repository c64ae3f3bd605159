import { ByteKeyTable } from '../../core/byteKeyTable';
import type { ExportLine, ExportManifest, LineCounts } from '../../core/exportFormat';

/** More room than this is made only when so many lines have come: a manifest's figure alone reserves no memory. */
const largestReservation = 2 ** 20;

/** Counts the lines of one reading and remembers their GUIDs, to hold them against the manifest. */
export class ExportTally {
  readonly #namingContexts: ExportManifest['namingContexts'];
  readonly #counts: Record<keyof LineCounts, number>[];
  readonly #seen: ByteKeyTable;
  readonly #key = Buffer.alloc(16);

  constructor(manifest: ExportManifest) {
    this.#namingContexts = manifest.namingContexts;
    this.#counts = manifest.namingContexts.map(() => ({
      user: 0,
      group: 0,
      contact: 0,
      computer: 0,
      other: 0,
      tombstone: 0,
    }));
    const lines = manifest.parts.reduce((total, part) => total + part.lines, 0);
    this.#seen = new ByteKeyTable(Math.min(lines, largestReservation));
  }

  /** Why the line can not belong to this export, or null: it was counted. */
  add(line: ExportLine): string | null {
    const counts = this.#counts[line.namingContext];
    if (counts === undefined)
      return `namingContext: expected a position below ${this.#counts.length}, found ${line.namingContext}`;
    this.#key.write(line.objectGUID.replaceAll('-', ''), 'hex');
    if (!this.#seen.add(this.#key)) return `objectGUID: ${line.objectGUID} came in an earlier line already`;
    counts[line.kind === 'tombstone' ? 'tombstone' : line.objectClass] += 1;
    return null;
  }

  /** The counts that differ from the manifest's, after the last line. */
  differences(): readonly string[] {
    return this.#namingContexts.flatMap(({ distinguishedName, counts }, index) =>
      Object.entries(counts).flatMap(([kind, expected]) => {
        const found = this.#counts[index]?.[kind as keyof LineCounts];
        return found === expected
          ? []
          : [`${distinguishedName}: expected ${expected} ${kind} lines, found ${found}`];
      }),
    );
  }
}
