import { coverageOf, type Coverage } from '../../core/coverage';
import type { SourceName } from '../../core/exportFormat';
import { blocks } from '../../core/gates/gate';
import { holdReason, locksOf, openHolds, type Hold } from '../../core/holds';
import type { Instant } from '../../core/instant';
import type { ObjectType } from '../../core/objectType';
import { activeRules } from '../../core/rule';
import { readableExportGates } from '../compareTenant';
import { evidenceGates, readSynchronisation } from '../evaluateGates';
import { readExports, type ExportsRead } from '../readExports';
import { legacyOf, readAccepted, readRecent } from '../runHistory';
import type { DeletionPorts, DeletionSettings } from './deletionUseCasePorts';

/** What a call rests on: the newest export of every source, or why there is nothing to rest on. */
export type CallEvidence =
  | {
      readonly kind: 'accepted';
      readonly read: ExportsRead;
      readonly coverage: Coverage;
      readonly anchors: ReadonlyMap<SourceName, string | null>;
      /** When the first of them was begun. */
      readonly earliestStart: Instant;
      /** What locks the objects of a type, whatever the evidence says of them. */
      readonly locksOf: (type: ObjectType) => readonly Hold[];
    }
  /** Some source has no export at all. */
  | { readonly kind: 'missing'; readonly sources: readonly SourceName[] }
  /** A gate was breached, or an earlier breach holds: all reasons. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

/**
 * Reads, verifies and indexes the exports, once a call, and evaluates the gates of evidence by the code of the scan, against the last
 * accepted run: nobody but the scan has looked at an export that was begun since. Without an accepted run, and while the breach of some
 * run holds, nothing passes. Throws as the ports do.
 */
export async function readEvidence(
  ports: Pick<DeletionPorts, 'exports' | 'runs' | 'rules' | 'synchronisation' | 'clock' | 'log'>,
  { sources, tenantId, limits }: Pick<DeletionSettings, 'sources' | 'tenantId' | 'limits'>,
  signal: AbortSignal,
): Promise<CallEvidence> {
  const { exports, runs, clock, log } = ports;
  const read = await readExports(exports, sources, log, signal);
  const missing = [...read.outcomes].flatMap(([source, { status }]) => (status === 'missing' ? source : []));
  if (missing.length > 0) return { kind: 'missing', sources: missing };
  const recent = await readRecent(runs, signal);
  const legacy = legacyOf(recent);
  const rules = activeRules(await Array.fromAsync(ports.rules.readAll(signal)), clock.now());
  const accepted = await readAccepted(runs, legacy, signal);
  const synchronisation = await readSynchronisation(ports.synchronisation, signal);
  const now = clock.now();
  const gates = [
    ...readableExportGates(read),
    ...evidenceGates({
      exports: read,
      synchronisation,
      accepted,
      recent,
      tenantId,
      limits,
      now,
    }),
  ];
  const holding = openHolds(legacy.holds, rules).filter(hold => hold.kind === 'evidence');
  const reasons = [
    ...gates.filter(gate => blocks(gate) && gate.reason !== '').map(gate => gate.reason),
    ...(accepted === null ? ['No scan was accepted yet: run one, and look at its gates.'] : []),
    ...holding.map(holdReason),
  ];
  if (gates.some(blocks) || accepted === null || holding.length > 0 || read.accepted.length === 0)
    return { kind: 'refused', reasons };
  return {
    kind: 'accepted',
    read,
    coverage: coverageOf(read.accepted.map(opened => opened.manifest)),
    anchors: new Map(read.accepted.map(opened => [opened.source, opened.manifest.anchorAttribute])),
    earliestStart: Math.min(...read.accepted.map(opened => opened.manifest.startedAt)) as Instant,
    locksOf: type => locksOf(type, legacy.holds, rules),
  };
}
