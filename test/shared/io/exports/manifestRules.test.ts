import { manifestSchema, type ExportManifest } from '../../../../shared/core/exportFormat';
import type { Instant } from '../../../../shared/core/instant';
import { manifestProblems } from '../../../../shared/io/exports/manifestRules';
import { manifestOf } from '../../../support/exportWriter';
import { contoso, sampleExport, startedAt, tenantId } from './sampleExport';

const manifest = manifestSchema.parse(manifestOf(sampleExport()));
const problemsOf = (changes: Partial<ExportManifest>): readonly string[] =>
  manifestProblems(
    { ...manifest, ...changes },
    { tenantId, source: contoso, folder: '20260102T030405Z', keyId: 'contoso-1' },
  );
const parts = manifest.parts;
const [first, second, third] = manifest.namingContexts as [
  ExportManifest['namingContexts'][number],
  ExportManifest['namingContexts'][number],
  ExportManifest['namingContexts'][number],
];

test('a manifest that agrees with its place, its key and itself has no problem', () => {
  expect(problemsOf({})).toEqual([]);
});

test('an export may start and finish within one millisecond', () => {
  expect(problemsOf({ finishedAt: manifest.startedAt })).toEqual([]);
});

test.each<[string, Partial<ExportManifest>, readonly string[]]>([
  [
    'the end lies before the start',
    { finishedAt: (startedAt - 1) as Instant },
    ['finishedAt: expected a time after startedAt, found 2026-01-02T03:04:05.677Z'],
  ],
  [
    'the start is a second later than the folder says',
    { startedAt: (startedAt + 1000) as Instant },
    ['startedAt: expected the time that names the folder, found 2026-01-02T03:04:06.678Z'],
  ],
  [
    'two parts are swapped',
    { parts: [parts[1]!, parts[0]!, parts[2]!] },
    [
      'parts.0.name: expected part-00000.ndjson.gz, found "part-00001.ndjson.gz"',
      'parts.1.name: expected part-00001.ndjson.gz, found "part-00000.ndjson.gz"',
    ],
  ],
  [
    'a part is named twice',
    { parts: [parts[0]!, parts[0]!, parts[2]!] },
    ['parts.1.name: expected part-00001.ndjson.gz, found "part-00000.ndjson.gz"'],
  ],
  [
    'a part in the middle is left out',
    { parts: [parts[0]!, parts[2]!] },
    [
      'parts.1.name: expected part-00001.ndjson.gz, found "part-00002.ndjson.gz"',
      "parts: expected 5 lines, the sum of the naming contexts' counts, found 3",
    ],
  ],
  [
    'a part points out of its folder',
    { parts: [{ ...parts[0]!, name: '../20260101T000000Z/part-00000.ndjson.gz' }, parts[1]!, parts[2]!] },
    ['parts.0.name: expected part-00000.ndjson.gz, found "../20260101T000000Z/part-00000.ndjson.gz"'],
  ],
  [
    'the counts are not the lines of the parts',
    { namingContexts: [{ ...first, counts: { ...first.counts, user: 3 } }, second, third] },
    ["parts: expected 6 lines, the sum of the naming contexts' counts, found 5"],
  ],
  [
    'a naming context is listed twice',
    { namingContexts: [first, second, { ...third, distinguishedName: 'dc=CONTOSO,dc=example' }] },
    ['namingContexts: dc=contoso,dc=example is listed twice'],
  ],
  [
    'a domain is listed twice',
    { namingContexts: [first, { ...second, domain: first.domain }, third] },
    ['namingContexts: the domain SID S-1-5-21-1-2-3 is listed twice'],
  ],
])('it is refused when %s', (_, changes, problems) => {
  expect(problemsOf(changes)).toEqual(problems);
});
