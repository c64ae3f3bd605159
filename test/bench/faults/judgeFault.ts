import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import type { ScanRun } from '../../../shared/core/scanRun';
import type { Fault, Outcome } from './fault';
import type { FaultWorld } from './world';

/** Decided before the fault: this orphan is approved, and must still be afterwards. */
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
  const expectThat = (holds: boolean, what: string): void => {
    if (!holds) lost.push(what);
  };
  await world.begin(salt);
  await world.upload();
  const before = await firstNight(world, types);
  if (fault.settings) await world.restartScan(fault.settings);

  await fault.strike(world, type);
  const run = await (fault.night ?? (async one => await one.scan()))(world);
  const breached = [...new Set(run?.gates.filter(gate => !gate.passed).map(gate => gate.gate))];
  const state = run?.state ?? 'none';
  const { expected } = fault;
  expectThat(
    expected.runs.includes(state),
    `${expected.runs.join(' or ')} was expected, found ${state}: ${run?.reasons.join(' ') ?? ''}`,
  );
  for (const gate of expected.gates ?? [])
    expectThat(
      breached.includes(gate),
      `a breach of ${gate} was expected, found ${breached.join(', ') || 'none'}`,
    );
  await expectNobodyHarmed(world, before, expectThat, 'in the night of the fault');
  const refusals = await tryToDelete(world, types, run, expectThat);
  if (expected.locks) await expectLocks(world, types, expectThat);

  world.front.faults = () => null;
  world.services.graph.faults.clear();
  if (fault.settings || world.scanning.ended) await world.restartScan();
  await fault.mend?.(world, type);
  await world.releaseAll();
  world.syncTenant();
  await world.upload();
  const after = await world.scan();
  expectThat(
    after?.state === 'finished',
    `the night after was expected to be accepted: ${after?.state} ${after?.reasons.join(' ') ?? ''}`,
  );
  await expectNobodyHarmed(world, before, expectThat, 'after it was put right');
  for (const each of types) {
    const orphan = world.orphan(each);
    expectThat(
      (await world.candidates()).includes(`${each}/${orphan.id}`),
      `the ${each} that is an orphan was expected to be found again`,
    );
    const item = await world.item(orphan);
    expectThat(
      each === 'contact' || item?.decision?.state === 'approved' || item?.decision?.state === 'lapsed',
      `the approval of the ${each} was expected to be there: ${JSON.stringify(item?.decision)}`,
    );
  }
  const happened = [state, ...breached].join(', ');
  return types.map(each => ({
    fault: fault.name,
    answers: fault.answers,
    type: each,
    forests: world.forests,
    happened,
    refused: refusals.get(each) ?? '',
    lost,
  }));
}

/** The night before: everything is as it should be, and an administrator approves an orphan of each type. */
async function firstNight(world: FaultWorld, types: readonly ObjectType[]): Promise<Before> {
  const run = await world.scan();
  const candidates = new Set(await world.candidates());
  const orphans = new Set(world.lab.orphans.map(({ type, id }) => `${type}/${id}`));
  if (run?.state !== 'finished' || !same(candidates, orphans))
    throw new Error(
      `The first night was expected to find the ${orphans.size} orphans: ${run?.state}, ${candidates.size} candidates. ` +
        `${run?.reasons.join(' ') ?? ''}\n${world.log.slice(-10).join('\n')}`,
    );
  for (const type of types) {
    // The app deletes no contact, and takes no approval for one.
    if (type === 'contact') continue;
    const item = await world.item(world.orphan(type));
    if (!item) throw new Error(`the ${type} was expected in the list`);
    const answer = await world.steps.call(
      'approver',
      'POST',
      `/candidates/${type}/${item.facts.id}/approve`,
      {
        headers: { 'if-match': item.etag },
        body: {
          evidenceHash: item.facts.evidenceHash,
          comment: 'left',
          confirmation: item.facts.displayName,
        },
      },
    );
    if (answer.status !== 200) throw new Error(`approval: ${answer.status} ${answer.text}`);
  }
  return { candidates, audited: (await world.steps.audit()).length };
}

const same = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every(value => other.has(value));

async function expectNobodyHarmed(
  world: FaultWorld,
  before: Before,
  expectThat: (holds: boolean, what: string) => void,
  when: string,
): Promise<void> {
  const orphans = new Set(world.lab.orphans.map(({ type, id }) => `${type}/${id}`));
  const rows = await world.rows();
  for (const row of rows)
    expectThat(
      row.state !== 'candidate' || orphans.has(`${row.type}/${row.id}`),
      `${when}: ${row.type} ${row.displayName} is alive, and a candidate`,
    );
  const kept = new Set(rows.map(row => `${row.type}/${row.id}`));
  for (const key of before.candidates) expectThat(kept.has(key), `${when}: the row of ${key} is gone`);
  expectThat(
    world.missingFromTenant().length === 0,
    `${when}: deleted: ${world.missingFromTenant().join(', ')}`,
  );
  expectThat((await world.steps.audit()).length >= before.audited, `${when}: audit rows are gone`);
}

/** Somebody asks for what was approved, and for what is alive: nothing of it may be deleted in such a night. */
async function tryToDelete(
  world: FaultWorld,
  types: readonly ObjectType[],
  run: ScanRun | null,
  expectThat: (holds: boolean, what: string) => void,
): Promise<ReadonlyMap<ObjectType, string>> {
  const refusals = new Map<ObjectType, string>();
  for (const type of types) {
    const victim = world.victim(type);
    const answer = await world.steps.call<{ items?: { outcome: { kind: string; refusal?: string } }[] }>(
      'deleter',
      'POST',
      '/deletions',
      { body: { callId: crypto.randomUUID(), confirmation: '1', ids: [{ type, id: victim.id }] } },
    );
    const outcome = answer.json.items?.[0]?.outcome;
    const kind = outcome?.kind ?? `HTTP ${answer.status}`;
    expectThat(kind !== 'deleted' && kind !== 'gone', `the live ${type} was deleted: ${answer.text}`);
    refusals.set(type, outcome?.refusal ?? kind);
    if (run?.state === 'finished' || type === 'contact') continue;
    const orphan = world.orphan(type);
    const asked = await world.steps.call<{ items?: { outcome: { kind: string; refusal?: string } }[] }>(
      'deleter',
      'POST',
      '/deletions',
      { body: { callId: crypto.randomUUID(), confirmation: '1', ids: [{ type, id: orphan.id }] } },
    );
    const became = asked.json.items?.[0]?.outcome;
    const what = became?.kind ?? `HTTP ${asked.status}`;
    expectThat(
      what !== 'deleted',
      `the approved ${type} was deleted in a night that was not accepted: ${asked.text}`,
    );
    refusals.set(type, became?.refusal ?? what);
  }
  return refusals;
}

async function expectLocks(
  world: FaultWorld,
  types: readonly ObjectType[],
  expectThat: (holds: boolean, what: string) => void,
): Promise<void> {
  const [newest] = await world.services.runs.newest(1, AbortSignal.timeout(10_000));
  for (const type of types)
    expectThat(
      newest?.holds.some(hold => hold.kind === 'volume' && (hold.type === null || hold.type === type)) ===
        true,
      `a lock on ${type}s was expected`,
    );
}
