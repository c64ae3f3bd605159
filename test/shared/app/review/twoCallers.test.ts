import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';
import type { Guid } from '../../../../shared/core/keys/guid';
import { crashingIn } from '../../../support/crash';
import { readyWorld, type DeletionWorld } from './deletionWorld';

const crowd = Array.from({ length: 200 }, (_, n) => `leaver${n}`);

test('the same call, made twice at the same moment, deletes once, tells one story, and takes one place under the caps', async () => {
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
    expect(world.caps.claimedOn('20261120')).toBe(2);
  }
});

describe('the same call, made again while the first hangs before it may begin, takes one place under the caps', () => {
  const hanging = async (meanwhile: (world: DeletionWorld, callId: Guid) => Promise<unknown>) => {
    const world = await readyWorld(['eve']);
    const callId = world.callId();
    let hung = false;
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      decisions: {
        list: (...all) => ports.decisions.list(...all),
        read: (...all) => ports.decisions.read(...all),
        write: async (...all) => {
          if (!hung) {
            hung = true;
            world.now += 1;
            await meanwhile(world, callId);
          }
          return ports.decisions.write(...all);
        },
      },
    });
    const answer = await world.delete(['eve'], { callId, wrap });
    expect(answer).toMatchObject({ items: [{ outcome: { refusal: 'beingDeleted' } }] });
    return world;
  };

  test('and the second has deleted it', async () => {
    const world = await hanging((other, callId) => other.delete(['eve'], { callId }));
    expect(world.timesDeleted('eve')).toBe(1);
    expect(world.caps.claimedOn('20261120')).toBe(1);
  });

  test('and the second ended right after it had begun', async () => {
    const world = await hanging((other, callId) =>
      other
        .delete(['eve'], {
          callId,
          wrap: ports => ({ ...ports, snapshots: crashingIn(ports.snapshots, 'take', 'before') }),
        })
        .catch(() => undefined),
    );
    expect(world.decision('eve')?.state).toBe('deleting');
    expect(world.caps.claimedOn('20261120')).toBe(1);
  });

  test('and another call has deleted it: its own place is given back', async () => {
    const world = await hanging(other => other.delete(['eve']));
    expect(world.timesDeleted('eve')).toBe(1);
    expect(world.caps.claimedOn('20261120')).toBe(1);
  });
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
