import { readyWorld } from './deletionWorld';

const crowd = Array.from({ length: 200 }, (_, n) => `leaver${n}`);

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
