import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import type { Log } from '../../app/ports';
import type { Diagnosis, PartDiagnosis } from '../../core/doctor/diagnosis';
import { parseGuid } from '../../core/keys/guid';
import { readConfiguration, type Configuration } from '../configuration/configuration';
import { configurationError, type Environment } from '../configuration/readSetting';
import { readRollout } from '../configuration/rollout';
import { settings } from '../configuration/settings';
import { containerNames } from '../storageNames';
import { systemClock } from '../wiring';
import { diagnosePart, type DiagnosedPart } from './partDiagnosis';
import { readScanNote, writeScanNote } from './scanNote';

/** The part review looks at itself, and adds what the part scan wrote down. Throws `configurationInvalid` with every problem. */
export async function diagnose(environment: Environment, log: Log, signal: AbortSignal): Promise<Diagnosis> {
  const configuration = configured(environment);
  const review = await diagnosePart(reviewPart(configuration, environment), signal);
  const scan = await readScanNote(evidenceOf(configuration), log, signal);
  return { review, scan };
}

/** The part scan looks at itself and writes it down. Throws `configurationInvalid`, or `storageUnavailable`. */
export async function noteScanDiagnosis(
  environment: Environment,
  signal: AbortSignal,
): Promise<PartDiagnosis> {
  const configuration = configured(environment);
  const diagnosis = await diagnosePart(
    {
      ...commonOf(configuration),
      part: 'scan',
      identities: [{ identity: 'scanReader', clientId: configuration.readerClientId }],
      deletion: null,
    },
    signal,
  );
  await writeScanNote(evidenceOf(configuration), diagnosis, signal);
  return diagnosis;
}

function configured(environment: Environment): Configuration {
  const reading = readConfiguration(environment);
  if (reading.status === 'invalid') throw configurationError(reading.problems);
  return reading.configuration;
}

const evidenceOf = ({ blobEndpoint, readerClientId }: Configuration): ContainerClient =>
  new BlobServiceClient(
    blobEndpoint,
    new ManagedIdentityCredential({ clientId: readerClientId }),
  ).getContainerClient(containerNames.evidence);

const commonOf = ({ tenantId, graphEndpoint, blobEndpoint, tableEndpoint }: Configuration) => ({
  tenantId,
  graphEndpoint,
  blobEndpoint,
  tableEndpoint,
  clock: systemClock,
  credentialOf: (clientId: string) => new ManagedIdentityCredential({ clientId }),
});

/** The deleter is looked at wherever it is named, whether or not anything is deleted. */
function reviewPart(configuration: Configuration, environment: Environment): DiagnosedPart {
  const deleter = parseGuid(environment['DELETER_CLIENT_ID']?.trim() ?? '');
  const quarantine = settings.QUARANTINE_DAYS.schema.safeParse(
    environment['QUARANTINE_DAYS']?.trim() || settings.QUARANTINE_DAYS.fallback,
  );
  return {
    ...commonOf(configuration),
    part: 'review',
    identities: [
      { identity: 'reviewReader', clientId: configuration.readerClientId },
      ...(deleter ? [{ identity: 'deleter' as const, clientId: deleter }] : []),
    ],
    deletion: {
      stage: readRollout(environment).rollout.stage,
      quarantine: quarantine.success && quarantine.data > 0,
    },
  };
}
