import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { verifyTenant } from '../../../../shared/io/cli/verifyTenant';
import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import { exportStoreOn } from '../../../../shared/io/exports/exportStore';
import type { Report } from '../../../../shared/io/tenantChecks/report';
import { writeExport } from '../../../support/exportWriter';
import { createDirectory } from '../../../support/graph/directory';
import { startGraphStandIn } from '../../../support/graph/standIn';
import { idOf } from '../../../support/graph/testGraph';
import { makeOrganisation } from '../../../support/organisation/makeOrganisation';
import { createCertificateAuthority } from '../../../support/tls';
import { createTokenIssuer } from '../../../support/tokenIssuer';
import { trustAuthority } from '../../../support/trust';
import { MemoryBlobs } from '../exports/memoryBlobs';
import { RecordedLog } from '../exports/sampleExport';
import { allRoles } from './sampleTenant';

test('in the sample organisation, with every case of a real one, nothing differs', async () => {
  const organisation = makeOrganisation({ seed: 7, objects: 5000, now: Date.now() });
  const { tenantId } = organisation;
  const agents = organisation.sources.map(source => ({ source, keys: generateKeyPairSync('ed25519') }));
  const exports = agents.map(({ source, keys }) =>
    writeExport({
      ...source,
      tenantId,
      sequence: 1,
      previousManifest: null,
      key: keys.privateKey,
      keyId: 'k',
    }),
  );
  const sources = agents.map(({ source: { source }, keys }) => ({
    source: sourceNameSchema.parse(source),
    publicKeys: [{ keyId: 'k', publicKey: keys.publicKey }],
  }));
  const rawKey = (key: KeyObject): string =>
    Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url').toString('base64');
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const issuer = await createTokenIssuer({ tenantId });
  const graph = await startGraphStandIn({
    certificate: await authority.issue(),
    issuer,
    tenantId,
    directory: createDirectory(organisation.cloud),
  });
  try {
    const token = await issuer.sign({
      audience: graph.endpoint,
      appId: idOf(1),
      objectId: idOf(1),
      roles: allRoles,
    });
    const lines: string[] = [];
    const code = await verifyTenant({
      args: [
        ['--tenant', tenantId, '--graph-endpoint', graph.endpoint, '--authority', 'https://127.0.0.1:1'],
        ['--data-blob-endpoint', 'https://127.0.0.1:1/x', '--json', '--verbose'],
      ].flat(),
      environment: {
        EXPORT_SOURCES: JSON.stringify(
          sources.map(({ source, publicKeys }) => ({
            source,
            publicKeys: publicKeys.map(({ keyId, publicKey }) => ({ keyId, publicKey: rawKey(publicKey) })),
          })),
        ),
      },
      print: line => void lines.push(line),
      progress: () => {},
      signal: AbortSignal.timeout(25_000),
      replaced: {
        credential: {
          getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
        },
        exportStore: exportStoreOn(MemoryBlobs.of(...exports), { tenantId, sources, log: new RecordedLog() }),
        sleep: () => Promise.resolve(),
      },
    });
    const { checks } = JSON.parse(lines.join('\n')) as Report;
    expect(checks.filter(({ status }) => status === 'differs')).toEqual([]);
    const held = checks.filter(({ status }) => status === 'holds').map(({ id }) => id);
    expect(held).toEqual(
      expect.arrayContaining(['G2', 'G4', 'G6', 'G7', 'G9', 'G10', 'G12', 'G13', 'G26', 'G27']),
    );
    expect(code).toBe(0);
  } finally {
    await graph.stop();
  }
});
