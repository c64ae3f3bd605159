import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../support/stack/sampleSettings';

const permissionsSchema = z.record(z.string(), z.enum(['read', 'write']));
const stepSchema = z.strictObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  shell: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  'working-directory': z.string().optional(),
});
const jobSchema = z.strictObject({
  needs: z.string().optional(),
  strategy: z.unknown().optional(),
  'runs-on': z.string(),
  'timeout-minutes': z.number(),
  permissions: permissionsSchema.optional(),
  steps: z.array(stepSchema),
});
const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: permissionsSchema,
  concurrency: z.unknown().optional(),
  jobs: z.record(z.string(), jobSchema),
});

const fileOf = (...parts: string[]): string => path.join(root, '.github', ...parts);
const read = (...parts: string[]): unknown => parse(readFileSync(fileOf(...parts), 'utf8'));
const ci = workflowSchema.parse(read('workflows', 'ci.yml'));
const release = workflowSchema.parse(read('workflows', 'release.yml'));
const runsOf = (workflow: typeof ci, job: string): string =>
  (workflow.jobs[job]?.steps ?? []).map(({ run = '' }) => run).join('\n');

test('the workflow runs what anybody runs before a push, and the audit of what is shipped', () => {
  expect(Object.keys(ci.on)).toEqual(expect.arrayContaining(['push', 'pull_request']));
  expect(runsOf(ci, 'check')).toMatch(/ \.ci\/run$/m);
  expect(runsOf(ci, 'audit')).toMatch(/^npm audit --omit=dev$/m);
  expect(runsOf(ci, 'package')).toContain('npm run package');
});

test('the executable is started on Windows, and before each release on both systems', () => {
  expect(ci.jobs['windows']).toMatchObject({ 'runs-on': 'windows-latest', needs: 'package' });
  expect(runsOf(ci, 'windows')).toContain('.github/agent/try.sh packages/entra-orphans-agent-*-win-x64.exe');
  expect(JSON.stringify(release.jobs['try']?.strategy)).toMatch(/ubuntu-latest.*windows-latest/);
  expect(runsOf(release, 'try')).toContain('.github/agent/try.sh ');
  expect([release.jobs['try']?.needs, release.jobs['release']?.needs]).toEqual(['package', 'try']);
  expect(statSync(fileOf('agent', 'try.sh')).mode & 0o111).toBe(0o111);
});

test('a tag releases the packages, with their provenance', () => {
  expect(release.on).toEqual({ push: { tags: ['v*'] } });
  expect(runsOf(release, 'package')).toContain('npm run package');
  const uses = release.jobs['release']?.steps.map(step => step.uses ?? '') ?? [];
  const attested = uses.findIndex(name => name.startsWith('actions/attest-build-provenance@'));
  const released = release.jobs['release']?.steps.findIndex(({ run = '' }) =>
    run.startsWith('gh release create'),
  );
  expect(attested).toBeGreaterThan(0);
  expect(released).toBeGreaterThan(attested);
});

test('no job may do more than it has to', () => {
  expect(ci.permissions).toEqual({ contents: 'read' });
  expect(Object.values(ci.jobs).map(({ permissions }) => permissions)).toEqual(
    Object.keys(ci.jobs).map(() => undefined),
  );
  expect(release.permissions).toEqual({});
  expect(Object.entries(release.jobs).map(([name, { permissions }]) => [name, permissions])).toEqual([
    ['package', { contents: 'read' }],
    ['try', { contents: 'read' }],
    ['release', { contents: 'write', 'id-token': 'write', attestations: 'write' }],
  ]);
});

const steps = [ci, release].flatMap(({ jobs }) => Object.values(jobs).flatMap(job => job.steps));

test('only actions of GitHub itself are used, by their major version or a commit', () => {
  const uses = steps.flatMap(step => step.uses ?? []);
  expect(uses.length).toBeGreaterThan(5);
  expect(uses.filter(name => !/^actions\/[\w-]+@(?:v\d+|[0-9a-f]{40})$/.test(name))).toEqual([]);
});

test('a checkout keeps no token, and no step puts what others may choose into a command', () => {
  for (const step of steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@')))
    expect(step.with).toEqual({ 'persist-credentials': false });
  const inserted = steps.flatMap(({ run = '' }) => run.match(/\$\{\{[^}]*\}\}/g) ?? []);
  expect([...new Set(inserted)]).toEqual(['${{ matrix.file }}']);
});

test('Dependabot looks after the app, the agent and the actions', () => {
  const { updates } = z
    .object({ updates: z.array(z.object({ 'package-ecosystem': z.string(), directory: z.string() })) })
    .parse(read('dependabot.yml'));
  expect(updates.map(update => `${update['package-ecosystem']} ${update.directory}`)).toEqual(
    expect.arrayContaining(['npm /', 'npm /agent', 'github-actions /']),
  );
  const packages = updates.filter(update => update['package-ecosystem'] === 'npm');
  expect(packages.filter(({ directory }) => !existsSync(path.join(root, directory, 'package.json')))).toEqual(
    [],
  );
});
