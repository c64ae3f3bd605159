import { createPublicKey, sign } from 'node:crypto';
import type { AppError } from '../../../../shared/core/appError';
import {
  exportFolderName,
  exportFormatVersion,
  maxManifestBytes,
  type ExportManifest,
  type ExportManifestInput,
  type SourceName,
  signedBytes,
} from '../../../../shared/core/exportFormat';
import { formatInstant, type Instant } from '../../../../shared/core/instant';
import { verifyManifest } from '../../../../shared/io/exports/verifyManifest';
import type { ExportFindings, WrittenPart } from '../../app/exportPorts';
import { AgentError } from '../../core/agentError';
import type { SigningKey } from '../keys/signingKey';

/** What the manifest says of the export beside what was found in the directory. */
export interface ManifestFrame {
  readonly source: SourceName;
  readonly sequence: number;
  readonly previousManifest: string | null;
  readonly agentVersion: string;
  readonly startedAt: Instant;
  readonly parts: readonly WrittenPart[];
}

/** A manifest as it is stored. */
export interface SealedManifest {
  /** manifest.json */
  readonly bytes: Buffer;
  /** manifest.sig */
  readonly signature: Buffer;
  readonly manifest: ExportManifest;
}

/**
 * Writes and signs the manifest of a complete export. Then verifies it as the app will, by the app's own code: what the app would
 * refuse is never written. Throws an `AgentError`, `exportIncomplete`, that says what does not hold.
 */
export function sealManifest(
  frame: ManifestFrame,
  findings: ExportFindings,
  key: SigningKey,
): SealedManifest {
  const content: ExportManifestInput = {
    schemaVersion: exportFormatVersion,
    tenantId: findings.tenantId,
    source: frame.source,
    sequence: frame.sequence,
    previousManifest: frame.previousManifest,
    keyId: key.keyId,
    agentVersion: frame.agentVersion,
    startedAt: formatInstant(frame.startedAt),
    finishedAt: formatInstant(findings.finishedAt),
    namingContexts: findings.namingContexts.map(({ domainController, ...context }) => ({
      ...context,
      domainController: {
        ...domainController,
        oldestInboundSuccess: formatOptional(domainController.oldestInboundSuccess),
      },
    })),
    anchorAttribute: findings.anchorAttribute,
    uncoveredDomains: [...findings.uncoveredDomains],
    tombstones: findings.tombstones,
    canaries: [...findings.canaries],
    completeness: findings.completeness,
    synchronisationRuns:
      findings.synchronisationRuns?.map(run => ({
        ...run,
        startedAt: formatInstant(run.startedAt),
        finishedAt: formatInstant(run.finishedAt),
      })) ?? null,
    answeredRequests: findings.answeredRequests.map(answer => ({
      ...answer,
      answeredAt: formatInstant(answer.answeredAt),
    })),
    parts: [...frame.parts],
    complete: true,
  };
  const bytes = Buffer.from(`${JSON.stringify(content, null, 1)}\n`);
  const signature = sign(null, signedBytes(bytes), key.privateKey);
  return { bytes, signature, manifest: verified(bytes, signature, frame, findings.tenantId, key) };
}

const formatOptional = (instant: Instant | null): string | null =>
  instant === null ? null : formatInstant(instant);

function verified(
  bytes: Buffer,
  signature: Buffer,
  { source, startedAt }: ManifestFrame,
  tenantId: string,
  { keyId, privateKey }: SigningKey,
): ExportManifest {
  if (bytes.length > maxManifestBytes)
    throw incomplete(`a manifest of at most ${maxManifestBytes} bytes, found one of ${bytes.length}`);
  try {
    return verifyManifest(bytes, signature, {
      tenantId,
      source,
      folder: exportFolderName(startedAt),
      publicKeys: [{ keyId, publicKey: createPublicKey(privateKey) }],
    });
  } catch (error) {
    const { message } = error as AppError;
    throw incomplete(`a manifest that the app accepts, found: ${message}`, error);
  }
}

const incomplete = (what: string, cause?: unknown): AgentError =>
  new AgentError(
    'exportIncomplete',
    `Expected ${what} No export was written; run again, and report it if it happens again.`,
    { cause },
  );
