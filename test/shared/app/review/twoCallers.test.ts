import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';
import { readyWorld } from './deletionWorld';

const crowd = Array.from({ length: 200 }, (_, n) => `leaver${n}`);

test('the same call, made twice at the same moment, deletes once, and tells one story', async () => {
  for (let round = 0; round < 20; round += 1) {
    const world = await readyWorld(['eve', 'team']);
    const callId = world.callId();
    // Both come to every step together.
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      decisions: {
        list: (...all) => ports.decisions.list(...all),
        read: (...all) => ports.decisions.read(...all),
        write: async (...all) => {
          await new Promise(setImmediate);
          return ports.decisions.write(...all);
        },
      },
    });
    const answers = await Promise.all([
      world.delete(['eve', 'team'], { callId, wrap }),
      world.delete(['eve', 'team'], { callId, wrap }),
    ]);
    const kinds = answers.map(answer =>
      answer.kind === 'answered' ? answer.items.map(item => item.outcome.kind) : [],
    );
    expect(kinds.flat().toSorted()).toEqual(['deleted', 'deleted', 'refused', 'refused']);
    for (const name of ['eve', 'team']) {
      expect(world.timesDeleted(name)).toBe(1);
      expect(world.tenant.writes.filter(write => write.endsWith(world.idOf(name)))).toHaveLength(1);
      expect(world.audited(name).filter(action => action.startsWith('deletion'))).toEqual([
        'deletionStarted',
        'deletionSucceeded',
      ]);
    }
  }
});

test('two callers on the same 200 approved candidates: each is deleted once, by one of them, with one audit row', async () => {
  const world = await readyWorld(crowd, {
    cloud: crowd.map((name, n) => ({
      type: 'user',
      id: `@id(${name})`,
      displayName: name,
      onPremisesImmutableId: `@base64(${name})`,
      onPremisesSecurityIdentifier: `@sid(contoso,${2_000_000 + n})`,
      onPremisesDomainName: 'contoso.example',
    })),
  });
  const answers = await Promise.all([world.delete(crowd), world.delete(crowd.toReversed())]);
  const outcomes = answers.flatMap(answer => (answer.kind === 'answered' ? answer.items : []));
  for (const name of crowd) {
    expect([name, world.timesDeleted(name)]).toEqual([name, 1]);
    const rows = world.audited(name).filter(action => action === 'deletionSucceeded');
    expect([name, rows.length]).toEqual([name, 1]);
    const kinds = outcomes.filter(item => item.id === world.idOf(name)).map(item => item.outcome.kind);
    expect(kinds.toSorted()).toEqual(['deleted', 'refused']);
  }
  const refusals = outcomes.flatMap(({ outcome }) => (outcome.kind === 'refused' ? outcome.refusal : []));
  expect(new Set(refusals)).toEqual(new Set(['beingDeleted']));
  expect(world.caps.claimedOn('20261120')).toBe(200);
});
