import { coverageOf } from '../../core/coverage';
import { exportPresent, exportVerified, type GateResult } from '../../core/gates';
import type { SourceName } from '../../core/exportFormat';
import type { Instant } from '../../core/instant';
import { deletionGates } from '../../core/review/exportGates';
import type { Coverage } from '../../core/coverage';
import { readExports, type ExportsRead } from '../readExports';
import type { DeletionPorts } from './deletionUseCasePorts';

/** What a call rests on: the newest export of every source, or why there is nothing to rest on. */
export type CallEvidence =
  | {
      readonly kind: 'accepted';
      readonly read: ExportsRead;
      readonly coverage: Coverage;
      readonly anchors: ReadonlyMap<SourceName, string | null>;
      /** When the first of them was begun. */
      readonly earliestStart: Instant;
    }
  /** Some source has no export at all. */
  | { readonly kind: 'missing'; readonly sources: readonly SourceName[] }
  /** A gate was breached: all reasons. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

/** How many runs are looked at for the last accepted one, and for refusals. */
const recentRuns = 50;

/** Reads, verifies and indexes the exports, once a call, and evaluates every gate. Throws as the ports do. */
export async function readEvidence(
  ports: Pick<DeletionPorts, 'exports' | 'runs' | 'clock' | 'log'>,
  sources: readonly SourceName[],
  signal: AbortSignal,
): Promise<CallEvidence> {
  const read = await readExports(ports.exports, sources, ports.log, signal);
  const missing = [...read.outcomes].flatMap(([source, { status }]) => (status === 'missing' ? source : []));
  if (missing.length > 0) return { kind: 'missing', sources: missing };
  const runs = await ports.runs.newest(recentRuns, signal);
  const gates: GateResult[] = [
    ...[...read.outcomes].flatMap(([source, outcome]) => [
      exportPresent(source, outcome),
      exportVerified(source, outcome),
    ]),
    ...deletionGates(read.used, runs, ports.clock.now()),
  ];
  const reasons = gates.filter(gate => !gate.passed && gate.reason !== '').map(gate => gate.reason);
  if (gates.some(gate => !gate.passed) || read.accepted.length === 0) return { kind: 'refused', reasons };
  return {
    kind: 'accepted',
    read,
    coverage: coverageOf(read.accepted.map(opened => opened.manifest)),
    anchors: new Map(read.accepted.map(opened => [opened.source, opened.manifest.anchorAttribute])),
    earliestStart: Math.min(...read.accepted.map(opened => opened.manifest.startedAt)) as Instant,
  };
}
