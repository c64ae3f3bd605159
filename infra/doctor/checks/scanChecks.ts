import {
  judgeExports,
  judgeHolds,
  judgeLastScan,
  judgeMissedWork,
} from '../../../shared/core/doctor/scanJudgements';
import { openHolds } from '../../../shared/core/holds';
import { activeRules } from '../../../shared/core/rule';
import { notChecked } from '../../../shared/core/tenantChecks/checkOutcome';
import type { Hold } from '../../../shared/core/holds';
import type { Rule } from '../../../shared/core/rule';
import { judged, type DoctorCheck } from '../doctorCheck';

const sourcesOf = (missed: readonly { readonly source: string }[]): readonly string[] =>
  missed.map(({ source }) => source);

/** What the app has done lately. */
export const scanChecks: readonly DoctorCheck[] = [
  {
    id: 'scan.last',
    expected: 'the last scan finished',
    look: async ({ scans, clock }) => judged(await scans(), ({ items }) => judgeLastScan(items, clock.now())),
  },
  {
    id: 'scan.exports',
    expected: 'the newest export of every source is fresh',
    look: async ({ scans, finishedScan, clock }) => {
      const all = await scans();
      const finished = await finishedScan();
      return judged(all, ({ missedWork }) =>
        judged(finished, scan =>
          scan === null
            ? notChecked('no scan has finished, so none used an export')
            : judgeExports(scan.exports, sourcesOf(missedWork.exports), clock.now()),
        ),
      );
    },
  },
  {
    id: 'scan.missed',
    expected: 'nothing that should have happened is missing',
    look: async ({ scans }) =>
      judged(await scans(), ({ missedWork: { scan, exports: missing } }) =>
        judgeMissedWork(scan !== null, sourcesOf(missing)),
      ),
  },
  {
    id: 'scan.holds',
    expected: 'no breach waits for a person',
    look: async ({ newestScan, rules, clock }) => {
      const newest = await newestScan();
      const read = await rules();
      return judged(newest, scan =>
        judged(read, ({ rules: all }) =>
          scan === null
            ? notChecked('no scan has come to its end')
            : judgeHolds(
                openHolds(scan.holds as readonly Hold[], activeRules(all as readonly Rule[], clock.now())),
              ),
        ),
      );
    },
  },
];
