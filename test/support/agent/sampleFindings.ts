import type { ExportLineInput, LineCounts } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import type { ExportFindings } from '../../../agent/src/app/exportPorts';

export const tenantId = '11111111-2222-3333-4444-555555555555';

const sampleGuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
export const guidBytes = (number: number): Buffer =>
  Buffer.from(sampleGuid(number).replaceAll('-', ''), 'hex');

/** A line for each number; every tenth is a tombstone. */
export const sampleLine = (number: number): ExportLineInput =>
  number % 10 === 9
    ? {
        kind: 'tombstone',
        objectClass: 'user',
        namingContext: 0,
        objectGUID: sampleGuid(number),
        whenChanged: '2026-01-01T12:00:00Z',
        isRecycled: false,
      }
    : {
        kind: 'object',
        objectClass: number % 2 === 0 ? 'user' : 'group',
        namingContext: 0,
        objectGUID: sampleGuid(number),
        distinguishedName: `CN=Jördis ${number},OU=Zürich,DC=contoso,DC=example`,
        inScope: true,
        objectSid: `S-1-5-21-1-2-3-${number}`,
        mail: `jordis.${number}@contoso.example`,
      };

/** What a directory with one domain was found to hold. */
export function sampleFindings(
  lines: readonly ExportLineInput[],
  finishedAt: Instant,
  changes: Partial<ExportFindings> = {},
): ExportFindings {
  const counts = { user: 0, group: 0, contact: 0, computer: 0, other: 0, tombstone: 0 } satisfies LineCounts;
  for (const line of lines) counts[line.kind === 'tombstone' ? 'tombstone' : line.objectClass] += 1;
  return {
    tenantId,
    finishedAt,
    namingContexts: [
      {
        distinguishedName: 'DC=contoso,DC=example',
        domain: { dnsName: 'contoso.example', netBiosName: 'CONTOSO', sid: 'S-1-5-21-1-2-3' },
        domainController: {
          dnsHostName: 'dc1.contoso.example',
          invocationId: sampleGuid(900),
          highestCommittedUSN: '4711',
          oldestInboundSuccess: (finishedAt - 60_000) as Instant,
        },
        counts,
      },
    ],
    anchorAttribute: 'mS-DS-ConsistencyGuid',
    uncoveredDomains: [],
    tombstones: 'included',
    canaries: [{ distinguishedName: 'CN=canary,DC=contoso,DC=example', seen: true }],
    completeness: {
      secondCount: { onlyInFirst: 1, onlyInSecond: 0 },
      containers: { checked: 12, ignored: 1 },
      danglingLinks: 2,
      vanished: { explained: 3, unexplained: 0 },
      acceptedUnexplained: 2,
    },
    synchronisationRuns: null,
    answeredRequests: [],
    ...changes,
  };
}
