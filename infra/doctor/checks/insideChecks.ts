import { entriesOf, refusalToGrant } from '../../grant/permissions';
import { judgeAccess } from '../../../shared/core/doctor/dataAccess';
import {
  identityNames,
  identityTitles,
  type Diagnosis,
  type IdentityDiagnosis,
  type IdentityName,
  type PartDiagnosis,
} from '../../../shared/core/doctor/diagnosis';
import { judgeIdentities } from '../../../shared/core/doctor/identityJudgements';
import { judgePermissions } from '../../../shared/core/doctor/permissionJudgements';
import { judgeNote } from '../../../shared/core/doctor/scanJudgements';
import { parseInstant } from '../../../shared/core/instant';
import { holds, notChecked, type CheckOutcome } from '../../../shared/core/tenantChecks/checkOutcome';
import { judged, type DoctorCheck } from '../doctorCheck';

const partOf = ({ review, scan }: Diagnosis, identity: IdentityName): PartDiagnosis | null =>
  identity === 'scanReader' ? scan : review;

/** Judges one identity by what its part found. */
const ofIdentity =
  (identity: IdentityName, judge: (found: IdentityDiagnosis, part: PartDiagnosis) => CheckOutcome) =>
  (diagnosis: Diagnosis): CheckOutcome => {
    const part = partOf(diagnosis, identity);
    const found = part?.identities.find(one => one.identity === identity);
    if (part && found) return judge(found, part);
    return identity === 'deleter'
      ? holds('the app has no deleter: DELETER_CLIENT_ID is not set, so nothing can be deleted')
      : notChecked('its part has not written down what it found');
  };

/** What only the parts themselves can tell. */
export const insideChecks: readonly DoctorCheck[] = [
  {
    id: 'scan.note',
    expected: 'the part scan looks at itself every hour',
    look: async ({ diagnosis, clock }) =>
      judged(await diagnosis(), ({ scan }) => judgeNote(scan && parseInstant(scan.at), clock.now())),
  },
  {
    id: 'identities',
    expected: 'each part gets tokens of its own identities, and no two are the same',
    look: async ({ diagnosis, options }) =>
      judged(await diagnosis(), ({ review, scan }) =>
        judgeIdentities([...(scan?.identities ?? []), ...review.identities], options.clientIds),
      ),
  },
  ...identityNames.map((identity): DoctorCheck => ({
    id: `permissions.${identity}`,
    expected: `the ${identityTitles[identity]} has the permissions in Microsoft Graph that it needs, and none that it must not have`,
    look: async ({ diagnosis }) =>
      judged(
        await diagnosis(),
        ofIdentity(identity, ({ graph }, { deletion }) =>
          judgePermissions(
            identity,
            graph,
            { known: entriesOf(identity), refusal: permission => refusalToGrant(identity, permission) },
            deletion,
          ),
        ),
      ),
  })),
  ...identityNames.map((identity): DoctorCheck => ({
    id: `data.${identity}`,
    expected: `the ${identityTitles[identity]} reaches the tables and containers that it needs, and can change no others`,
    look: async ({ diagnosis }) => judged(await diagnosis(), ofIdentity(identity, judgeAccess)),
  })),
];
