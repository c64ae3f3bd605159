import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { StoredFacts } from '../../../shared/core/facts';
import { objectTypes } from '../../../shared/core/objectType';
import type { ScanRun } from '../../../shared/core/scanRun';
import type { Directory, EntityOfType } from '../graph/directory';
import { nightOf } from '../organisation/nights';
import type { Cloud, Organisation } from '../organisation/organisation';
import type { PastNight, PastNightAnswer } from './pastNightProcess';
import { root } from './sampleSettings';
import type { Services } from './services';

const dayMs = 24 * 60 * 60 * 1000;

/** A night that was scanned, and what the table said of the objects after it. */
export interface ScannedNight {
  readonly startedAt: number;
  readonly run: ScanRun;
  readonly rows: readonly StoredFacts[];
}

/** Before the services are started: the organisation of the first of so many nights. */
export const firstNight = (organisation: Organisation, nights: number): Organisation =>
  nightOf(organisation, nights - 1);

/**
 * Scans the nights before tonight, each as it was: with exports that were begun then, the tenant of then, and on a clock that shows
 * that night. The first one's are there (`firstNight`). Leaves the tenant and the exports of tonight behind.
 */
export async function replayPastNights(
  services: Services,
  organisation: Organisation,
  nights: number,
  {
    now,
    onNight,
    onLogLine,
  }: {
    /** When tonight is, milliseconds since 1970; the others are whole days before. */
    readonly now: number;
    readonly onNight: (night: ScannedNight) => void;
    readonly onLogLine: (line: string) => void;
  },
): Promise<void> {
  if (nights === 1) return;
  const scans = startPastNightProcess(services, onLogLine);
  try {
    let shown = firstNight(organisation, nights);
    for (let daysAgo = nights - 1; daysAgo > 0; daysAgo -= 1) {
      const startedAt = now - daysAgo * dayMs;
      const run = await scans.scan(startedAt);
      onNight({ startedAt, run, rows: await services.candidates() });
      const next = nightOf(organisation, daysAgo - 1);
      moveTenant(services.graph.directory, shown.cloud, next.cloud);
      await services.upload(next);
      shown = next;
    }
  } finally {
    await scans.stop();
  }
}

interface PastNightScans {
  scan(startedAt: number): Promise<ScanRun>;
  stop(): Promise<void>;
}

/** The scan in a process of its own, with the settings and the identity of the part scan: tokens are cached by process. */
function startPastNightProcess(
  { settings, platform, runs }: Pick<Services, 'settings' | 'platform' | 'runs'>,
  onLogLine: (line: string) => void,
): PastNightScans {
  const file = path.join(root, 'dist', 'test', 'support', 'stack', 'pastNightProcess.js');
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env['PATH'], ...settings, ...platform },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  createInterface({ input: child.stderr }).on('line', onLogLine);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exit = once(child, 'exit');
  return {
    scan: async startedAt => {
      child.stdin.write(`${JSON.stringify({ startedAt } satisfies PastNight)}\n`);
      const answer = await answers.next();
      if (answer.done === true) throw new Error('the process that scans the past nights ended: see its log');
      const { runId } = JSON.parse(answer.value) as PastNightAnswer;
      const run = await runs.read(runId, AbortSignal.timeout(10_000));
      if (run === null) throw new Error(`run ${runId} left no record`);
      return run;
    },
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}

const entitiesOf = (
  cloud: Cloud,
): { readonly [Type in keyof EntityOfType]: readonly EntityOfType[Type][] } => ({
  user: cloud.users,
  group: cloud.groups,
  contact: cloud.contacts,
  device: cloud.devices,
});

/** What is the same object in both nights is left alone. */
function moveTenant(directory: Directory, from: Cloud, to: Cloud): void {
  directory.setOrganization(to.organization);
  for (const type of objectTypes) moveType(directory, type, entitiesOf(from)[type], entitiesOf(to)[type]);
}

function moveType<Type extends keyof EntityOfType>(
  directory: Directory,
  type: Type,
  from: readonly EntityOfType[Type][],
  to: readonly EntityOfType[Type][],
): void {
  const before = new Set(from);
  const kept = new Set(to.map(({ id }) => id));
  for (const entity of to) if (!before.has(entity)) directory.put(type, entity);
  for (const { id } of from) if (!kept.has(id)) directory.remove(type, id ?? '');
}
