import { formatInstant, type Instant } from '../instant';
import type { GateResult } from '../gates';
import type { ExportUsed, ScanRun } from '../scanRun';

/** The oldest export (hours since it was begun) that a delete may rest on. */
export const oldestExportHours = 36;
/** How far (per cent) an export may be shorter than the one of the last run that was accepted. */
export const mostShorterPercent = 5;
/** How far ahead of ours a source's clock may be. */
export const exportClockToleranceMs = 5 * 60_000;

const hourMs = 60 * 60 * 1000;

/**
 * The gates of a delete, beside presence and signature: nobody but the scan has looked at an export that was begun since, so it must
 * not be older, and not much shorter, than what the last accepted run rested on, and no run may have refused it. `runs`: the newest
 * ones. Without an accepted run nothing passes.
 */
export function deletionGates(
  exports: readonly ExportUsed[],
  runs: readonly ScanRun[],
  now: Instant,
): GateResult[] {
  const finished = runs.filter(run => run.state === 'finished').toSorted((a, b) => b.startedAt - a.startedAt);
  const accepted = finished[0] ?? null;
  return exports.flatMap(used => {
    const before = accepted?.exports.find(one => one.source === used.source) ?? null;
    return [fresh(used, now), notReplayed(used, before), notShorter(used, before), notRefused(used, runs)];
  });
}

const gate = (
  name: string,
  { source }: ExportUsed,
  passed: boolean,
  found: string,
  limit: string,
  reason: string,
): GateResult => ({
  gate: name,
  source,
  type: null,
  passed,
  found,
  limit,
  reason: passed ? '' : reason,
});

function fresh(used: ExportUsed, now: Instant): GateResult {
  const age = now - used.startedAt;
  const passed = age <= oldestExportHours * hourMs && age >= -exportClockToleranceMs;
  const found = formatInstant(used.startedAt);
  const limit = `begun in the last ${oldestExportHours} hours`;
  return gate(
    'deletionExportFresh',
    used,
    passed,
    found,
    limit,
    `The newest export of ${used.source} was expected to be ${limit}; it was begun at ${found}. Look after its agent, and its clock.`,
  );
}

function notReplayed(used: ExportUsed, before: ExportUsed | null): GateResult {
  const same = before?.manifestHash === used.manifestHash;
  const newer = before !== null && used.sequence > before.sequence && used.startedAt >= before.startedAt;
  const limit = before === null ? 'a scan that was accepted' : `sequence ${before.sequence}, or later`;
  return gate(
    'deletionExportNotReplayed',
    used,
    same || newer,
    `sequence ${used.sequence}`,
    limit,
    `The newest export of ${used.source} was expected to follow what the last accepted scan used (${limit}); ` +
      `found sequence ${used.sequence}. Run a scan, and look at its gates.`,
  );
}

function notShorter(used: ExportUsed, before: ExportUsed | null): GateResult {
  const least = before === null ? Infinity : Math.ceil((before.lines * (100 - mostShorterPercent)) / 100);
  const limit = before === null ? 'a scan that was accepted' : `${least} lines or more`;
  return gate(
    'deletionExportNotShorter',
    used,
    used.lines >= least,
    `${used.lines} lines`,
    limit,
    `The newest export of ${used.source} was expected to have ${limit}; found ${used.lines}. ` +
      'An export that is shorter than the truth makes the living look deleted: run a scan, and look at its gates.',
  );
}

function notRefused(used: ExportUsed, runs: readonly ScanRun[]): GateResult {
  const refusal = runs.find(
    run => run.state === 'refused' && run.exports.some(one => one.manifestHash === used.manifestHash),
  );
  // A later run may have accepted the same export: what was refused then was something else.
  const later = runs.some(
    run =>
      refusal !== undefined &&
      run.state === 'finished' &&
      run.startedAt > refusal.startedAt &&
      run.exports.some(one => one.manifestHash === used.manifestHash),
  );
  return gate(
    'deletionExportNotRefused',
    used,
    refusal === undefined || later,
    refusal === undefined ? 'no refusal' : `refused by run ${refusal.runId}`,
    'no refusal',
    `The newest export of ${used.source} was expected to be one that no scan refused; run ${refusal?.runId ?? ''} refused it. ` +
      'Look at its gates.',
  );
}
