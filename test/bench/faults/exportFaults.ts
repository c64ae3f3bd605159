import { sign } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { manifestFileName, signatureFileName } from '../../../shared/core/exportFormat';
import { amendManifest, replacePart, type WrittenExport } from '../../support/exportWriter';
import { domainSidOf, guidOf } from './lab';
import type { Fault } from './fault';
import type { Tampering } from './labAgents';
import type { FaultWorld } from './world';

const hourMs = 60 * 60 * 1000;

/** The last source's next export is another one than its agent would make; it is uploaded. */
const tampered =
  (tampering: Tampering): Fault['strike'] =>
  async world => {
    world.agents.tamper(lastForest(world), tampering);
    await world.upload();
  };

const lastForest = (world: FaultWorld): string => world.lab.forests.at(-1) ?? '';
const firstPart = 'part-00000.ndjson.gz';
const without = (written: WrittenExport, file: string): WrittenExport => ({
  ...written,
  files: new Map([...written.files].filter(([name]) => name !== file)),
});
const bytesOf = (written: WrittenExport, file: string): Buffer => {
  const bytes = written.files.get(file);
  if (!bytes) throw new RangeError(`there is no ${file}`);
  return bytes;
};
const withFile = (written: WrittenExport, file: string, bytes: Buffer): WrittenExport => ({
  ...written,
  files: new Map([...written.files].map(([name, old]) => [name, name === file ? bytes : old])),
});
const linesOf = (written: WrittenExport): string[] =>
  gunzipSync(bytesOf(written, firstPart))
    .toString()
    .split('\n')
    .filter(line => line !== '');

const refused = (...gates: string[]): Fault['expected'] => ({ runs: ['refused'], gates });

const exported = (
  name: string,
  answers: string,
  tampering: Tampering,
  expected: Fault['expected'] = refused('exportVerified'),
): Fault => ({
  name,
  group: 'exports',
  answers,
  types: 'together',
  strike: tampered(tampering),
  expected,
});

const expectedSources = ({ services }: FaultWorld): readonly { readonly source: string }[] =>
  JSON.parse(services.settings['EXPORT_SOURCES'] ?? '[]') as readonly { readonly source: string }[];

/** Exports that are cut off, altered, old, of somebody else, or much smaller than the truth. */
export const exportFaults: readonly Fault[] = [
  exported('a part of the export is missing', 'case 8, truncation', {
    written: written => without(written, firstPart),
  }),
  exported('a part is cut in the middle', 'case 8, truncation', {
    written: written => withFile(written, firstPart, bytesOf(written, firstPart).subarray(0, 200)),
  }),
  exported('a part is empty', 'case 8, truncation', {
    written: written => withFile(written, firstPart, Buffer.alloc(0)),
  }),
  exported('a part lacks its last byte', 'case 8, truncation', {
    written: written => withFile(written, firstPart, bytesOf(written, firstPart).subarray(0, -1)),
  }),
  exported('one bit of a part is another one', 'case 8, altered', {
    written: written => {
      const bytes = Buffer.from(bytesOf(written, firstPart));
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      return withFile(written, firstPart, bytes);
    },
  }),
  exported('a part lacks its last line, with hashes that fit', 'case 8, truncation; one page of 500', {
    written: (written, key) =>
      replacePart(written, firstPart, gzipSync(`${linesOf(written).slice(0, -1).join('\n')}\n`), key),
  }),
  exported('a part ends in the middle of a line, with hashes that fit', 'case 8, truncation', {
    written: (written, key) =>
      replacePart(written, firstPart, gzipSync(linesOf(written).join('\n').slice(0, -20)), key),
  }),
  exported('a line is no JSON', 'case 8, altered', {
    written: (written, key) =>
      replacePart(
        written,
        firstPart,
        gzipSync(`${linesOf(written).with(3, '{"kind":"object",').join('\n')}\n`),
        key,
      ),
  }),
  exported('a part is no gzip', 'case 8, altered', {
    written: (written, key) => replacePart(written, firstPart, Buffer.from(linesOf(written).join('\n')), key),
  }),
  exported('there are bytes behind the end of a part', 'case 8, altered', {
    written: (written, key) =>
      replacePart(written, firstPart, Buffer.concat([bytesOf(written, firstPart), Buffer.from('more')]), key),
  }),
  exported('the signature is missing', 'case 8, forged', {
    written: written => without(written, signatureFileName),
  }),
  exported('the signature is cut', 'case 8, truncation', {
    written: written =>
      withFile(written, signatureFileName, bytesOf(written, signatureFileName).subarray(0, 32)),
  }),
  exported('the signature is over other bytes', 'case 8, forged', {
    written: (written, key) => withFile(written, signatureFileName, sign(null, Buffer.from('others'), key)),
  }),
  exported('the manifest is cut', 'case 8, truncation', {
    written: written =>
      withFile(written, manifestFileName, bytesOf(written, manifestFileName).subarray(0, 300)),
  }),
  exported('the manifest has no end marker', 'case 8, truncation', {
    written: (written, key) => amendManifest(written, ({ complete: _, ...manifest }) => manifest, key),
  }),
  exported('the manifest counts fewer lines than there are', 'case 8, altered', {
    written: (written, key) =>
      amendManifest(
        written,
        manifest => ({ ...manifest, parts: manifest.parts.map(part => ({ ...part, lines: 1 })) }),
        key,
      ),
  }),
  exported('the export is of another tenant', 'two tenants mixed up', {
    input: input => ({ ...input, tenantId: guidOf('another tenant') }),
  }),
  exported('the export is of another source', 'two agents mixed up', {
    written: (written, key) =>
      amendManifest(written, manifest => ({ ...manifest, source: 'elsewhere' }), key),
  }),
  exported('the export has a version that is not known', 'an agent that is newer', {
    written: (written, key) => amendManifest(written, manifest => ({ ...manifest, schemaVersion: 2 }), key),
  }),
  {
    name: 'there is no export at all',
    group: 'exports',
    answers: 'case 7 and 8',
    types: 'together',
    async strike({ services, lab }) {
      const container = services.blobs.getContainerClient('exports');
      const prefix = `${lab.forests.at(-1)}/`;
      for await (const blob of container.listBlobsFlat({ prefix })) await container.deleteBlob(blob.name);
    },
    expected: refused('exportPresent'),
  },
  {
    name: 'a forest is left out of EXPORT_SOURCES',
    group: 'exports',
    answers: 'case 5, 7 and 17; a setting that was edited',
    types: 'together',
    forests: [2],
    settings: world => ({
      EXPORT_SOURCES: JSON.stringify(
        expectedSources(world).filter(({ source }) => source !== lastForest(world)),
      ),
    }),
    strike: world => world.upload(),
    expected: refused('sourceExpected'),
  },
  {
    name: 'an old export is put back as the newest',
    group: 'exports',
    answers: 'case 8, replay',
    types: 'together',
    async strike(world) {
      // The export of a night before is, by its time, the newest again once the newer ones are removed.
      await world.upload();
      const before = await world.scan();
      if (before?.state !== 'finished') throw new Error('the night in between was expected to be accepted');
      const container = world.services.blobs.getContainerClient('exports');
      const newest = world.agents.uploaded.findLast(({ source }) => source === lastForest(world));
      const prefix = `${newest?.source}/${newest?.folder}/`;
      for await (const blob of container.listBlobsFlat({ prefix })) await container.deleteBlob(blob.name);
    },
    expected: refused('exportNotReplayed'),
  },
  exported(
    'the sequence number is that of an older export',
    'case 8, replay',
    { input: input => ({ ...input, sequence: 1 }) },
    refused('exportNotReplayed'),
  ),
  exported(
    'the export follows another one than the last',
    'two agents under one name',
    { input: input => ({ ...input, previousManifest: 'a'.repeat(64) }) },
    refused('exportFollows'),
  ),
  {
    name: "the agent's clock is a day ahead",
    group: 'clocks',
    answers: 'clock skew of a day',
    types: 'together',
    async strike(world) {
      world.agents.tamper(lastForest(world), {
        input: input => ({
          ...input,
          startedAt: Date.now() + 24 * hourMs,
          finishedAt: Date.now() + 25 * hourMs,
        }),
      });
      await world.upload();
    },
    expected: refused('exportClock'),
    async mend({ services, lab }) {
      const container = services.blobs.getContainerClient('exports');
      const prefix = `${lab.forests.at(-1)}/`;
      for await (const blob of container.listBlobsFlat({ prefix })) await container.deleteBlob(blob.name);
    },
  },
  exported(
    "the agent's clock is a day behind",
    'clock skew of a day',
    {
      input: input => ({
        ...input,
        startedAt: input.startedAt - 24 * hourMs,
        finishedAt: input.finishedAt - 24 * hourMs,
      }),
    },
    { runs: ['finished', 'refused'] },
  ),
  exported(
    'the export is empty',
    'Keycloak: an empty result',
    { input: input => ({ ...input, lines: [] }) },
    refused('exportFloor', 'exportDrop'),
  ),
  exported(
    'the export has the first page only',
    'Grafana: one LDAP page',
    { input: input => ({ ...input, lines: [...input.lines].slice(0, 40) }) },
    refused('exportDrop'),
  ),
  {
    name: 'the agent may not read an OU any more: half of one class is hidden',
    group: 'exports',
    answers: 'case 9, a permission change',
    types: ['user', 'group', 'contact', 'device'],
    async strike(world, type) {
      const forest = lastForest(world);
      for (const object of world.lab.objects)
        if (object.type === type && object.source === forest && !world.lab.orphans.includes(object)) {
          if (Number(/\d+$/.exec(object.name)?.[0] ?? 0) % 2 === 0) world.takeAway(object);
        }
      await world.upload();
    },
    expected: refused('exportDrop'),
    mend(world, type) {
      for (const object of world.lab.objects)
        if (object.type === type && !world.lab.orphans.includes(object)) world.bringBack(object);
    },
  },
  exported(
    'a canary is out of sight',
    'case 9',
    {
      input: input => ({
        ...input,
        canaries: [{ distinguishedName: 'CN=canary,DC=contoso,DC=example', seen: false }],
      }),
    },
    refused('canariesVisible'),
  ),
  exported(
    'the domain controller lags in replication',
    'case 28',
    {
      input: input => ({
        ...input,
        namingContexts: input.namingContexts.map(context => ({
          ...context,
          domainController: {
            ...context.domainController,
            oldestInboundSuccess: new Date(Date.now() - 50 * hourMs).toISOString(),
          },
        })),
      }),
    },
    refused('replicationFresh'),
  ),
  exported(
    'a whole domain is exported no more',
    'case 7',
    {
      input: input => ({
        ...input,
        namingContexts: input.namingContexts.map(context => ({
          ...context,
          distinguishedName: 'DC=other,DC=example',
          domain: { dnsName: 'other.example', sid: `${domainSidOf('contoso').slice(0, -3)}999` },
        })),
      }),
    },
    refused('exportDrop'),
  ),
];
