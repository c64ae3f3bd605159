import type { Instant } from '../../../../shared/core/instant';
import { quarantineEntry } from '../../../../shared/core/review/deletionAudit';
import { decisions } from '../decisions';

const quarantine = {
  by: { id: '0a0a0a0a-0000-4000-8000-000000000002', name: 'Grace Hopper' },
  at: 1_795_140_180_000 as Instant,
  until: 1_795_399_380_000 as Instant,
};

test('the row of a block tells the same whatever was decided since, but for the evidence that a rejection does not keep', () => {
  const under = quarantineEntry({ ...decisions.quarantined, quarantine }, true, null);
  const { id, approval } = decisions.quarantined;
  expect(under).toMatchObject({
    operationId: `quarantine.${id}.${quarantine.at}`,
    at: quarantine.at,
    actor: { kind: 'person', id: quarantine.by.id },
    evidenceHash: approval.evidenceHash,
    runId: approval.runId,
    details: { accountEnabledBefore: true },
  });
  for (const since of [decisions.rejected, { ...decisions.lapsed, approval: null }])
    expect(quarantineEntry({ ...since, quarantine }, true, null)).toEqual({
      ...under,
      object: { type: since.type, id: since.id },
      operationId: `quarantine.${since.id}.${quarantine.at}`,
      evidenceHash: null,
      runId: null,
    });
});
