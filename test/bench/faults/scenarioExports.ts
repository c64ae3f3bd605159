import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { ExportLineInput } from '../../../shared/core/exportFormat';
import { formatInstant, type Instant } from '../../../shared/core/instant';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';
import type { ScanRun } from '../../../shared/core/scanRun';
import { containerNames } from '../../../shared/io/storageNames';
import { amendManifest, uploadExport, writeExport } from '../../support/exportWriter';
import type { MemoryExport } from '../../support/memory/memoryExports';
import { type ScenarioInput } from '../../support/scenario';
import { guidOf, labTenantId } from './lab';
import type { FaultWorld } from './world';

export const scenarioKeyId = 'scenario';

/** A second forest that has nothing to do with the story: one user, and no cloud object of it. */
const unrelatedSource = 'elsewhere';
/** The keys of whoever exports in scenarios; made once. */
const keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
function keyOf(source: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const key = keys.get(source) ?? generateKeyPairSync('ed25519');
  keys.set(source, key);
  return key;
}

/** As EXPORT_SOURCES has it. */
export const publicKeyOf = (source: string): string =>
  keyOf(source).publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');

/** The sources that must have an export. */
export const sourcesOf = (input: ScenarioInput, forests: 1 | 2): readonly string[] => {
  const expected = input.expected ?? input.exports.map(one => one.source);
  return forests > expected.length ? [...expected, unrelatedSource] : expected;
};

/** An export like the first one of the story, of another forest. */
export function unrelatedExport([first]: readonly MemoryExport[]): MemoryExport {
  if (!first) throw new RangeError('a scenario has an export');
  const [context] = first.manifest.namingContexts;
  if (!context) throw new RangeError('an export has a naming context');
  const source = unrelatedSource as typeof first.source;
  const objectGUID = guidOf(unrelatedSource);
  return {
    ...first,
    source,
    manifest: {
      ...first.manifest,
      source,
      anchorAttribute: 'mS-DS-ConsistencyGuid',
      uncoveredDomains: [],
      namingContexts: [
        {
          ...context,
          distinguishedName: 'DC=elsewhere,DC=example',
          domain: { dnsName: 'elsewhere.example', sid: 'S-1-5-21-11-22-33' },
        },
      ],
    },
    records: [
      {
        kind: 'object',
        source,
        domainName: 'elsewhere.example',
        namingContext: 0,
        objectClass: 'user',
        objectGUID,
        distinguishedName: 'CN=Nobody,DC=elsewhere,DC=example',
        inScope: true,
      },
    ],
  };
}

/** Signs and uploads an export of the story, as the one after that of the accepted run before. */
export async function uploadScenario(
  world: FaultWorld,
  { source, manifest, records }: MemoryExport,
  before: ScanRun | null,
  move: (at: Instant) => Instant,
): Promise<void> {
  const { privateKey: key } = keyOf(source);
  const last = before?.exports.find(used => used.source === source);
  const written = writeExport({
    source,
    tenantId: labTenantId,
    sequence: (last?.sequence ?? 0) + 1,
    previousManifest: last?.manifestHash ?? null,
    key,
    keyId: scenarioKeyId,
    startedAt: move(manifest.startedAt),
    finishedAt: move(manifest.finishedAt),
    namingContexts: manifest.namingContexts.map(({ counts: _, ...context }) => ({
      ...context,
      domainController: { ...context.domainController, oldestInboundSuccess: null },
    })),
    anchorAttribute: manifest.anchorAttribute,
    tombstones: manifest.tombstones,
    synchronisationRuns:
      manifest.synchronisationRuns?.map(run => ({
        ...run,
        startedAt: formatInstant(move(run.startedAt)),
        finishedAt: formatInstant(move(run.finishedAt)),
      })) ?? null,
    lines: records.map(record => lineOf(record, move)),
  });
  const amended = amendManifest(
    written,
    made => ({ ...made, uncoveredDomains: manifest.uncoveredDomains }),
    key,
  );
  await uploadExport(world.services.blobs.getContainerClient(containerNames.exports), amended);
}

function lineOf(record: ExportRecord, move: (at: Instant) => Instant): ExportLineInput {
  const { source: _, domainName: __, ...line } = record;
  return line.kind === 'tombstone' ? { ...line, whenChanged: formatInstant(move(line.whenChanged)) } : line;
}
