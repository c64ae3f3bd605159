import { randomUUID } from 'node:crypto';
import type { ScanRun } from '../../../shared/core/scanRun';
import type { ListedItem, ReviewSteps } from '../../stories/reviewSteps';
import { keyOf, type LabObject } from './lab';

/** What people do in the part review, by its API. */
export class Administrator {
  /** Keys of what was approved. */
  readonly approved = new Set<string>();

  constructor(readonly steps: ReviewSteps) {}

  /** What is seen of an object; null: there is no row. */
  async item({ type, id }: LabObject): Promise<ListedItem | null> {
    const answer = await this.steps.call<ListedItem>('reader', 'GET', `/candidates/${type}/${id}`);
    return answer.status === 200 ? { ...answer.json, etag: answer.headers.get('etag') ?? '' } : null;
  }

  /** Throws where the approval is refused. */
  async approve(object: LabObject): Promise<void> {
    const item = await this.item(object);
    if (!item) throw new Error(`the ${object.type} ${object.name} was expected in the list`);
    const { id, evidenceHash, displayName } = item.facts;
    const answer = await this.steps.call('approver', 'POST', `/candidates/${object.type}/${id}/approve`, {
      headers: { 'if-match': item.etag },
      body: { evidenceHash, comment: 'left', confirmation: displayName },
    });
    if (answer.status !== 200) throw new Error(`approval: ${answer.status} ${answer.text}`);
    this.approved.add(keyOf(object));
  }

  /** What became of a call that asks for the deletion: `deleted`, a refusal, another kind of outcome, or an HTTP status. */
  async askToDelete({ type, id }: LabObject): Promise<string> {
    const answer = await this.steps.call<{ items?: { outcome: { kind: string; refusal?: string } }[] }>(
      'deleter',
      'POST',
      '/deletions',
      { body: { callId: randomUUID(), confirmation: '1', ids: [{ type, id }] } },
    );
    const outcome = answer.json.items?.[0]?.outcome;
    return outcome?.refusal ?? outcome?.kind ?? `HTTP ${answer.status}`;
  }

  /** Releases everything that holds by this record: the run and the gate named twice, with a reason. */
  async releaseAll(newest: ScanRun | undefined): Promise<void> {
    const held = new Map(
      (newest?.holds ?? []).map(({ runId, gate }) => [`${runId} ${gate}`, { runId, gate }]),
    );
    for (const { runId, gate } of held.values()) {
      const answer = await this.steps.call('approver', 'POST', `/scans/${runId}/release`, {
        body: { gate, statement: { runId, gate }, reason: 'looked at, and put right' },
      });
      if (answer.status !== 201 && answer.status !== 200)
        throw new Error(`POST /scans/${runId}/release: ${answer.status} ${answer.text}`);
    }
  }
}
