import { makeOrganisation } from '../organisation/makeOrganisation';
import { nightOf, nightsNeeded, tonightOf } from '../organisation/nights';
import type { Orphan } from '../organisation/organisation';
import { Random } from '../organisation/random';
import type { Statistics } from '../histories/statistics';
import { nightFrom, type Night } from './night';
import { nightFaults } from './nightFaults';
import { Scanner } from './scanner';

const now = Date.parse('2026-11-20T02:00:00.123Z');
const dayMs = 24 * 60 * 60_000;
/** The nights that are scanned, in days before tonight: as few as the rules of time need (core/waiting). */
const daysAgo = [7, 3, 0] as const;
const objects = 5_000;

const keyOf = ({ type, cloudId }: Orphan): string => `${type}/${cloudId}`;
const faultNames = Object.keys(nightFaults) as [string, ...string[]];

/** An organisation in which nothing goes wrong, and the scanner as each of its nights leaves it. */
interface Peaceful {
  readonly nights: readonly Night[];
  /** `scanners[n]`: before the night n. */
  readonly scanners: readonly Scanner[];
  /** Whatever the rules of time make of it. */
  readonly orphans: ReadonlySet<string>;
  /** Of these, the candidates of tonight. */
  readonly due: ReadonlySet<string>;
  readonly breaches: readonly string[];
}

async function peaceful(seed: number): Promise<Peaceful> {
  const organisation = makeOrganisation({ seed, objects, now, uncoveredForest: seed % 3 === 0 });
  const nights = daysAgo.map((ago, at) => nightFrom(nightOf(organisation, ago), now - ago * dayMs, at + 1));
  const scanner = new Scanner(organisation.sources.map(({ source }) => source as never));
  const scanners = [scanner.fork()];
  const breaches: string[] = [];
  for (const night of nights) {
    const run = await scanner.scan(night);
    if (run.state !== 'finished')
      breaches.push(`seed ${seed}: no fault, and ${run.state}: ${run.reasons.join(' ')}`);
    scanners.push(scanner.fork());
  }
  const due = new Set(tonightOf(organisation, nightsNeeded).candidates.map(keyOf));
  const orphans = new Set(organisation.orphans.map(keyOf));
  breaches.push(...differences(`seed ${seed}, no fault`, new Set(scanner.keysIn('candidate')), due));
  return { nights, scanners, orphans, due, breaches };
}

function differences(
  what: string,
  found: ReadonlySet<string>,
  expected: ReadonlySet<string>,
): readonly string[] {
  return [
    ...[...found].filter(key => !expected.has(key)).map(key => `${what}: ${key} is a candidate`),
    ...[...expected].filter(key => !found.has(key)).map(key => `${what}: ${key} is no candidate`),
  ];
}

/** What one seed breaks: candidates that are no orphans, or, of what no fault touched, anything but the truth. */
async function breachesOfSeed(
  seed: number,
  world: Peaceful,
  statistics: Statistics,
): Promise<readonly string[]> {
  const random = new Random(seed);
  const breaches: string[] = [];
  const faulty = faultyNights(random);
  const first = faulty.indexOf(true);
  const scanner = (world.scanners[first] as Scanner).fork();
  const scanned: Night[] = world.nights.slice(0, first);
  const told: string[] = [];
  let touched: Set<string> | 'all' = new Set();
  for (const [at, peacefulNight] of world.nights.entries()) {
    if (at < first) continue;
    let night = peacefulNight;
    const faults = faulty[at]
      ? Array.from({ length: 1 + random.below(3) }, () => random.pick(faultNames))
      : [];
    for (const name of faults) {
      const fault = nightFaults[name];
      if (!fault) continue;
      const after = fault(night, { random, earlier: scanned, orphans: world.orphans });
      night = after.night;
      touched =
        touched === 'all' || after.touched === 'all' ? 'all' : new Set([...touched, ...after.touched]);
      statistics.count(`faults: ${name}`);
    }
    const before = new Map([...scanner.candidates.rows].map(([key, { etag }]) => [key, etag]));
    const run = await scanner.scan(night);
    scanned.push(night);
    statistics.count(`faulty organisations: runs ${run.state}`);
    told.push(`${faults.join('+') || 'no fault'} ${run.state}`);
    const what = `seed ${seed} (${told.join(', ')})`;
    const { rows } = scanner.candidates;
    if (run.state !== 'finished') {
      touched = 'all';
      const changed = [...rows].filter(([key, { etag }]) => before.get(key) !== etag);
      if (changed.length > 0) breaches.push(`${what}: ${changed.length} rows were written`);
    }
    for (const key of scanner.keysIn('candidate'))
      if (!world.orphans.has(key)) breaches.push(`${what}: ${key} is a candidate, and lives`);
    if (random.chance(0.5)) await scanner.releaseAll(night.at);
  }
  const found = new Set(scanner.keysIn('candidate'));
  statistics.count('faulty organisations: candidates', found.size);
  if (touched === 'all') return breaches;
  statistics.count('faulty organisations: compared with the truth');
  const untouched = new Set([...world.due].filter(key => !touched.has(key)));
  statistics.count('faulty organisations: orphans that no fault touched', untouched.size);
  breaches.push(
    ...differences(
      `seed ${seed} (${told.join(', ')})`,
      new Set([...found].filter(key => untouched.has(key))),
      untouched,
    ),
  );
  return breaches;
}

/**
 * In which nights something goes wrong: in one or two of the three. What is out of sight in every night, in a way that no gate and no
 * other key shows, is gone for whoever looks (docs/agent.md says how the agent proves that it sees everything).
 */
function faultyNights(random: Random): readonly boolean[] {
  return random.pick([
    [true, false, false],
    [false, true, false],
    [false, true, true],
    [true, false, true],
    [false, false, true],
    [false, false, true],
    [false, false, true],
  ]);
}

export interface OrganisationSeeds {
  readonly from: number;
  readonly count: number;
  /** So many seeds share an organisation, and the nights of it in which nothing goes wrong: to make these takes most of the time. */
  readonly sharing: number;
}

/** Random organisations with random faults, under the seeds `from` to `from + count - 1`; empty: nothing was broken. */
export async function breachesOfOrganisations(
  { from, count, sharing }: OrganisationSeeds,
  statistics: Statistics,
  onProgress: (done: number) => void = () => undefined,
): Promise<readonly string[]> {
  const breaches: string[] = [];
  let world: Peaceful | null = null;
  for (let seed = from; seed < from + count; seed += 1) {
    if (world === null || seed % sharing === 0) {
      world = await peaceful(Math.floor(seed / sharing));
      breaches.push(...world.breaches);
      statistics.count('peaceful organisations');
    }
    breaches.push(...(await breachesOfSeed(seed, world, statistics)));
    statistics.count('faulty organisations');
    onProgress(seed - from + 1);
  }
  return breaches;
}
