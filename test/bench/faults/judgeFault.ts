import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import type { ScanRun } from '../../../shared/core/scanRun';
import type { ExpectThat, Fault, Outcome } from './fault';
import { keyOf } from './lab';
import type { FaultWorld } from './world';

/** Known before the fault, and to be known afterwards. */
interface Before {
  readonly candidates: ReadonlySet<string>;
  readonly audited: number;
}

/**
 * One fault, end to end: a night as it should be, an approval, the night of the fault, a try to delete in spite of it, and the night
 * after, put right. What the fault must never do is looked for each time: a live object among the candidates, a DELETE, a
 * decision, a row or an audit row that is gone, an orphan that is not found any more.
 */
export async function runFault(
  world: FaultWorld,
  fault: Fault,
  type: ObjectType,
  salt: string,
): Promise<readonly Outcome[]> {
  const types = fault.types === 'together' ? objectTypes : [type];
  const lost: string[] = [];
  const expectThat: ExpectThat = (holds, what) => {
    if (!holds) lost.push(what);
  };
  await world.scanUnder({});
  await world.begin(salt);
  await world.upload();
  const before = fault.firstNight ? await nothingBefore(world) : await firstNight(world, types);
  const { settings } = fault;
  if (settings) await world.restartScan(typeof settings === 'function' ? settings(world) : settings);

  await fault.strike(world, type);
  const run = fault.night ? await fault.night(world, type, expectThat) : await world.scan();
  for (const what of world.strikes.missed) expectThat(false, `the fault did not take place: ${what}`);
  // What asks for deletion is to be refused because of the night, not because nothing answers.
  world.strikes.end();
  const state = run?.state ?? 'none';
  const breached = [...new Set(run?.gates.filter(gate => !gate.passed).map(gate => gate.gate))];
  expectNight(fault, state, breached, run, expectThat);
  await expectNobodyHarmed(world, before, expectThat, 'in the night of the fault');
  const refusals = await tryToDelete(
    world,
    types,
    fault.expected.locks === true || state !== 'finished',
    expectThat,
  );
  if (fault.expected.locks) await expectLocks(world, types, expectThat);

  await expectNightAfter(world, fault, type, expectThat);
  await expectNobodyHarmed(world, before, expectThat, 'after it was put right');
  await expectAllFound(world, types, expectThat);
  const happened = [state === 'running' ? 'record left open' : state, ...breached].join(', ');
  return types.map(each => ({
    fault: fault.name,
    group: fault.group,
    answers: fault.answers,
    type: each,
    forests: world.forests,
    happened,
    refused: refusals.get(each) ?? '',
    lost,
  }));
}

function expectNight(
  { expected }: Fault,
  state: Fault['expected']['runs'][number],
  breached: readonly string[],
  run: ScanRun | null,
  expectThat: ExpectThat,
): void {
  expectThat(
    expected.runs.includes(state),
    `${expected.runs.join(' or ')} was expected, found ${state}: ${run?.reasons.join(' ') ?? ''}`,
  );
  for (const gate of expected.gates ?? [])
    expectThat(
      breached.includes(gate),
      `a breach of ${gate} was expected, found ${breached.join(', ') || 'none'}`,
    );
}

async function expectNightAfter(
  world: FaultWorld,
  fault: Fault,
  type: ObjectType,
  expectThat: ExpectThat,
): Promise<void> {
  if (fault.settings || world.scanning.ended) await world.restartScan();
  await world.breakLease();
  await fault.mend?.(world, type);
  await world.administrator.releaseAll(await world.newestUnderLease());
  world.syncTenant();
  await world.upload();
  const after = await world.scan();
  expectThat(
    after?.state === 'finished',
    `the night after was expected to be accepted: ${after?.state} ${after?.reasons.join(' ') ?? ''}`,
  );
  const open = (await world.records()).filter(run => run.state === 'running');
  expectThat(open.length === 0, `${open.length} records were left open`);
}

const nothingBefore = async (world: FaultWorld): Promise<Before> => ({
  candidates: new Set(),
  audited: (await world.administrator.steps.audit()).length,
});

/** The night before: everything is as it should be, and an administrator approves an orphan of each type. */
async function firstNight(world: FaultWorld, types: readonly ObjectType[]): Promise<Before> {
  const run = await world.scan();
  const candidates = new Set(await world.candidates());
  if (run?.state !== 'finished' || !same(candidates, world.truth))
    throw new Error(
      `The first night was expected to find the ${world.truth.size} orphans: ${run?.state}, ${candidates.size} candidates. ` +
        `${run?.reasons.join(' ') ?? ''}\n${world.log.slice(-10).join('\n')}`,
    );
  // The app deletes no contact, and takes no approval for one.
  for (const type of types) if (type !== 'contact') await world.administrator.approve(world.orphan(type));
  return { candidates, audited: (await world.administrator.steps.audit()).length };
}

const same = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every(key => other.has(key));

async function expectNobodyHarmed(
  world: FaultWorld,
  before: Before,
  expectThat: ExpectThat,
  when: string,
): Promise<void> {
  const rows = await world.rows();
  for (const row of rows)
    expectThat(
      row.state !== 'candidate' || world.mayBeCandidate(row),
      `${when}: ${row.type} ${row.displayName} is alive, and a candidate`,
    );
  const kept = new Set(rows.map(keyOf));
  for (const key of before.candidates) expectThat(kept.has(key), `${when}: the row of ${key} is gone`);
  const missing = world.missingFromTenant();
  expectThat(missing.length === 0, `${when}: deleted: ${missing.join(', ')}`);
  expectThat(
    (await world.administrator.steps.audit()).length >= before.audited,
    `${when}: audit rows are gone`,
  );
}

/** Somebody asks for what is alive, and for what was approved where the night was not accepted: nothing of it may be deleted. */
async function tryToDelete(
  world: FaultWorld,
  types: readonly ObjectType[],
  alsoApproved: boolean,
  expectThat: ExpectThat,
): Promise<ReadonlyMap<ObjectType, string>> {
  const refusals = new Map<ObjectType, string>();
  for (const type of types) {
    const alive = await world.administrator.askToDelete(world.victim(type));
    expectThat(!isGone(alive), `the live ${type} was deleted`);
    refusals.set(type, alive);
    if (!alsoApproved || type === 'contact') continue;
    const approved = await world.administrator.askToDelete(world.orphan(type));
    expectThat(!isGone(approved), `the approved ${type} was deleted in a night that was not accepted`);
    refusals.set(type, approved);
  }
  return refusals;
}

const isGone = (outcome: string): boolean => outcome === 'deleted' || outcome === 'gone';

async function expectLocks(
  world: FaultWorld,
  types: readonly ObjectType[],
  expectThat: ExpectThat,
): Promise<void> {
  const newest = await world.newestUnderLease();
  for (const type of types)
    expectThat(
      newest?.holds.some(hold => hold.kind === 'volume' && (hold.type === null || hold.type === type)) ===
        true,
      `a lock on ${type}s was expected`,
    );
}

/** Whatever has no AD object is a candidate again, and what was decided is still decided. */
async function expectAllFound(
  world: FaultWorld,
  types: readonly ObjectType[],
  expectThat: ExpectThat,
): Promise<void> {
  const candidates = new Set(await world.candidates());
  for (const key of world.truth)
    expectThat(candidates.has(key), `${key}, an orphan, was expected to be found`);
  for (const type of types) {
    const orphan = world.orphan(type);
    if (type === 'contact' || !world.administrator.approved.has(keyOf(orphan))) continue;
    const item = await world.administrator.item(orphan);
    expectThat(
      ['approved', 'lapsed', 'deleted', 'failed', 'manual', 'deleting'].includes(item?.decision?.state ?? ''),
      `the decision on the ${type} was expected to be there: ${JSON.stringify(item?.decision)}`,
    );
  }
}
