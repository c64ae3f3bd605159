import { objectTypes, type ObjectType } from '../../../core/objectType';
import { judgeRefusal } from '../../../core/tenantChecks/answerJudgements';
import { allOf, differs, notChecked, type CheckOutcome } from '../../../core/tenantChecks/checkOutcome';
import {
  judgeListAndCount,
  judgePageLinks,
  judgeProperties,
  judgeUnknownFilter,
} from '../../../core/tenantChecks/listJudgements';
import { entityOf } from '../../graph/entities';
import { countSynced, probeLinks, type Counted, type ListEnd, type ListSurvey } from '../listSurvey';
import type { Tenant } from '../tenant';
import type { TenantCheck } from '../tenantCheck';

/** null: the list was read to its end. */
export function judgeListEnd(type: ObjectType, end: ListEnd): CheckOutcome | null {
  const { path, permission } = entityOf(type);
  switch (end.kind) {
    case 'whole':
      return null;
    case 'refused':
      return judgeRefusal(`${type}: GET ${path}`, end.refusal, permission);
    case 'brokenLink':
      return notChecked(`${type}: the list was not read to its end (G9)`);
    case 'failed':
      return notChecked(`${type}: ${end.why}`);
  }
}

function judgeNotCounted(
  type: ObjectType,
  counted: Exclude<Counted, { readonly kind: 'counted' }>,
): CheckOutcome {
  const { path, permission } = entityOf(type);
  switch (counted.kind) {
    case 'refused':
      return judgeRefusal(`${type}: GET ${path}/$count`, counted.refusal, permission);
    case 'noNumber':
      return differs(`${type}: GET ${path}/$count: no plain number`, `${type}: every run is refused`);
    case 'failed':
      return notChecked(`${type}: ${counted.why}`);
  }
}

function judgeCounts(survey: ListSurvey, later: readonly number[]): CheckOutcome {
  const { type, before, after, end, tally } = survey;
  if (before.kind !== 'counted') return judgeNotCounted(type, before);
  if (after.kind !== 'counted') return judgeNotCounted(type, after);
  const counts = { before: before.value, after: after.value, later };
  return judgeListEnd(type, end) ?? judgeListAndCount(tally, counts);
}

const secondsBetweenCounts = 30;

/** Counts of each type, every half minute for as long as was asked for. */
async function countLater(tenant: Tenant, signal: AbortSignal): Promise<Map<ObjectType, number[]>> {
  const later = new Map<ObjectType, number[]>(objectTypes.map(type => [type, []]));
  for (let left = tenant.minutes * 60; left > 0; left -= secondsBetweenCounts) {
    tenant.progress(`G4 goes on counting for ${left} s`);
    await tenant.sleep(secondsBetweenCounts * 1000, signal);
    for (const type of objectTypes) {
      const counted = await countSynced(type, tenant, signal);
      if (counted.kind === 'counted') later.get(type)?.push(counted.value);
    }
  }
  return later;
}

async function judgeUnknown(tenant: Tenant, signal: AbortSignal): Promise<CheckOutcome> {
  const { path } = entityOf('user');
  const filter = encodeURIComponent('entraOrphansKnowsNoSuchProperty eq true');
  const answer = await tenant.requests.count(
    tenant.requests.address(`${path}/$count?$filter=${filter}`),
    signal,
  );
  return judgeUnknownFilter(answer.kind === 'refused' ? answer.refusal : null);
}

export const listChecks: readonly TenantCheck[] = [
  {
    id: 'G4',
    expected:
      '/$count answers a plain number, that of the list with the same filter; an unknown filter is refused',
    async look(tenant, signal) {
      const surveys: ListSurvey[] = [];
      for (const type of objectTypes) surveys.push(await tenant.survey(type, signal));
      const later = await countLater(tenant, signal);
      return allOf([
        ...surveys.map(survey => judgeCounts(survey, later.get(survey.type) ?? [])),
        await judgeUnknown(tenant, signal),
      ]);
    },
  },
  {
    id: 'G6',
    expected: 'every selected property is in every item of the lists, null where it is empty',
    async look(tenant, signal) {
      const parts: CheckOutcome[] = [];
      for (const type of objectTypes) {
        const { tally, end } = await tenant.survey(type, signal);
        const judged = judgeProperties(tally);
        const ended = judgeListEnd(type, end);
        parts.push(judged.status === 'differs' || ended === null ? judged : ended);
      }
      return allOf(parts);
    },
  },
  {
    id: 'G9',
    expected:
      'a nextLink is absolute, of the same origin and of the same path; a page holds up to 999 objects',
    async look(tenant, signal) {
      const parts: CheckOutcome[] = [];
      for (const type of objectTypes) parts.push(await judgeLinks(tenant, type, signal));
      return allOf(parts);
    },
  },
];

async function judgeLinks(tenant: Tenant, type: ObjectType, signal: AbortSignal): Promise<CheckOutcome> {
  const { tally, ...survey } = await tenant.survey(type, signal);
  let { end, links } = survey;
  if (end.kind === 'whole' && links.followed === 0 && tally.items > 1)
    ({ end, links } = await probeLinks(type, tenant.requests, signal));
  if (links.problem !== null) return judgePageLinks(type, links, tally.largestPage);
  return judgeListEnd(type, end) ?? judgePageLinks(type, links, tally.largestPage);
}
