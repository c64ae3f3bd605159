import type { AnchorTally } from '../../../core/tenantChecks/anchorAgreement';
import { judgeAgreement, judgeLastSyncTimes } from '../../../core/tenantChecks/anchorAgreement';
import { allOf, notChecked, type CheckOutcome } from '../../../core/tenantChecks/checkOutcome';
import { judgeAnchorShapes, judgeDeviceIds } from '../../../core/tenantChecks/listJudgements';
import type { ListSurvey } from '../listSurvey';
import type { Tenant } from '../tenant';
import type { TenantCheck } from '../tenantCheck';
import { judgeListEnd } from './listChecks';

const noSuchAnchor = 'no source declares an anchor that is not a GUID';

/** Why there is nothing to compare with; empty where there is. */
async function whyNoExports(tenant: Tenant, signal: AbortSignal): Promise<string> {
  const reading = await tenant.exports(signal);
  return reading.kind === 'read' ? '' : reading.why;
}

/** Judges a list, and the comparison with the exports where there are any. */
async function look(
  tenant: Tenant,
  type: 'user' | 'device',
  signal: AbortSignal,
  judge: (survey: ListSurvey, anchors: AnchorTally | null, whyNot: string) => readonly CheckOutcome[],
): Promise<CheckOutcome> {
  const survey = await tenant.survey(type, signal);
  const ended = judgeListEnd(type, survey.end);
  const judged = judge(survey, survey.anchors, await whyNoExports(tenant, signal));
  return allOf([...judged, ...(ended === null ? [] : [ended])]);
}

export const anchorChecks: readonly TenantCheck[] = [
  {
    id: 'G2',
    expected: 'deviceId of a hybrid-joined device is the objectGUID of its computer in AD',
    look: (tenant, signal) =>
      look(tenant, 'device', signal, ({ tally }, anchors, whyNot) => {
        const shape = judgeDeviceIds(tally);
        if (anchors === null) return [shape, notChecked(whyNot)];
        const agreement = judgeAgreement(
          'devices',
          anchors.devices,
          'deviceId is something else than the objectGUID, and an anchor that misses means nothing',
        );
        return shape.status === 'differs'
          ? [shape, agreement]
          : [{ ...agreement, found: [...shape.found, ...agreement.found] }];
      }),
  },
  {
    id: 'G3',
    expected: 'a text anchor becomes an immutableId as its text, or as base64 of its bytes or its UTF-16',
    look: (tenant, signal) =>
      look(tenant, 'user', signal, ({ tally }, anchors, whyNot) => {
        if (anchors === null) return [judgeAnchorShapes(tally, whyNot)];
        const { textAnchorSources } = anchors.exports;
        const { compared, agreeing } = anchors.guidUsers;
        const others = `${agreeing} of ${compared} users of the other sources are found by both`;
        const judged =
          textAnchorSources.size === 0
            ? judgeAnchorShapes(tally, noSuchAnchor)
            : judgeAgreement(
                `users of the ${textAnchorSources.size} sources with a text anchor`,
                anchors.textUsers,
                'the anchor is made in another way than the three that are tried',
              );
        return [{ ...judged, found: [...judged.found, others] }];
      }),
  },
  {
    id: 'G12',
    expected: 'onPremisesLastSyncDateTime does not move on once the source is gone',
    look: (tenant, signal) =>
      allTypesOf(['user', 'device'] as const, type =>
        look(tenant, type, signal, ({ tally }, anchors, whyNot) =>
          anchors === null
            ? [
                notChecked(
                  whyNot,
                  `${type}: ${tally.lastSyncTimes} of ${tally.objects} have a time of synchronisation`,
                ),
              ]
            : [judgeLastSyncTimes(type, anchors)],
        ),
      ),
  },
];

async function allTypesOf<Type>(
  types: readonly Type[],
  judge: (type: Type) => Promise<CheckOutcome>,
): Promise<CheckOutcome> {
  const parts: CheckOutcome[] = [];
  for (const type of types) parts.push(await judge(type));
  return allOf(parts);
}
