import { isUtf8 } from 'node:buffer';
import { verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { ExportManifest, SourceName } from '../../core/exportFormat';
import {
  exportFormatVersion,
  manifestFileName,
  manifestSchema,
  signatureFileName,
  signedBytes,
} from '../../core/exportFormat';
import { manifestProblems } from './manifestRules';
import { advice, describeIssues, exportRefused, type Place } from './refusal';

/** Bytes of a detached Ed25519 signature (RFC 8032, section 5.1.6). */
export const signatureBytes = 64;

/** One of a source's public keys; a source has several while its key is being replaced. */
export interface ExportKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

/** What a manifest is verified against. */
export interface ManifestTrust {
  readonly tenantId: string;
  readonly source: SourceName;
  readonly folder: string;
  readonly publicKeys: readonly ExportKey[];
}

/**
 * Decides whether a manifest may be believed: the signature over its raw bytes first, before anything in it is looked at, then
 * version, shape and rules. Throws an `AppError` with code `exportRefused`.
 */
export function verifyManifest(raw: Uint8Array, signature: Uint8Array, trust: ManifestTrust): ExportManifest {
  const { source, folder, tenantId } = trust;
  const place: Place = { source, folder, file: manifestFileName };
  const keyId = verifySignature(raw, signature, trust);
  const manifest = parseManifest(raw, place);
  const problems = manifestProblems(manifest, { tenantId, source, folder, keyId });
  if (problems.length > 0) {
    throw exportRefused(
      place,
      problems.join('; '),
      "Compare the agent's configuration with the app's, then run the agent again.",
    );
  }
  return manifest;
}

/** The id of the source's key that made the signature. */
function verifySignature(
  raw: Uint8Array,
  signature: Uint8Array,
  { source, folder, publicKeys }: ManifestTrust,
): string {
  const place: Place = { source, folder, file: signatureFileName };
  if (signature.length !== signatureBytes) {
    throw exportRefused(
      place,
      `expected ${signatureBytes} bytes, found ${signature.length}`,
      advice.findWriter,
    );
  }
  const message = signedBytes(raw);
  const signer = publicKeys.find(({ publicKey }) => verify(null, message, publicKey, signature));
  if (signer === undefined) {
    const known = publicKeys.map(key => key.keyId).join(', ');
    throw exportRefused(
      place,
      `expected a signature of ${manifestFileName} by a key of the source ${source} (configured: ${known}), found none of them`,
      "Where the agent has a new key, add its public key to the source's keys; otherwise find out who wrote this export.",
    );
  }
  return signer.keyId;
}

const versionSchema = z.object({ schemaVersion: z.literal(exportFormatVersion) });

function parseManifest(raw: Uint8Array, place: Place): ExportManifest {
  const value = parseJson(raw, place);
  if (!versionSchema.safeParse(value).success) {
    throw exportRefused(
      place,
      `schemaVersion: expected ${exportFormatVersion}, the version that this app reads, found ${foundVersion(value)}`,
      'Update the app where the agent is newer, or the agent where it is older.',
    );
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw exportRefused(place, describeIssues(parsed.error), advice.updateAgent);
  return parsed.data;
}

function parseJson(raw: Uint8Array, place: Place): unknown {
  if (!isUtf8(raw)) throw exportRefused(place, 'expected UTF-8, found other bytes', advice.updateAgent);
  try {
    return JSON.parse(Buffer.from(raw).toString('utf8'));
  } catch {
    throw exportRefused(place, 'expected JSON, found text that is none', advice.updateAgent);
  }
}

function foundVersion(value: unknown): string {
  const found = z.object({ schemaVersion: z.union([z.number(), z.string().max(20)]) }).safeParse(value);
  return found.success ? JSON.stringify(found.data.schemaVersion) : 'none';
}
