import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { blocksUnder } from './grantLines';
import { clientIds, comparable, page, startWorld, toAll, type World } from './grantWorld';

const person = '20000000-0000-4000-8000-0000000000aa';
let world: World;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'grant-lines-'));
  // az reads one page; the service's are longer than what an identity can hold.
  world = await startWorld({ graph: { applicationPageSize: 100 } });
  writeFileSync(path.join(folder, 'ca.pem'), world.authority);
  const az = path.join(folder, 'az');
  writeFileSync(az, `#!/bin/sh\nexec "${process.execPath}" "${path.join(__dirname, 'grantAz.mjs')}" "$@"\n`);
  chmodSync(az, 0o755);
});
afterEach(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

/** What the document says to replace. */
const values = (): Readonly<Record<string, string>> => ({
  GRAPH: world.graph.endpoint,
  SCAN_READER_CLIENT_ID: clientIds.scanReader,
  REVIEW_READER_CLIENT_ID: clientIds.reviewReader,
  DELETER_CLIENT_ID: clientIds.deleter,
  PAGE: page,
  PERSON: person,
});

function replaced(script: string): string {
  return Object.entries(values()).reduce((text, [name, value]) => {
    return text.replace(new RegExp(`^${name}=\\S+$`, 'm'), `${name}=${value}`);
  }, script);
}

/** Runs the blocks one after the other in one Bash; from `set -e` on it ends at the first failure. */
async function runInBash(parts: readonly string[]): Promise<void> {
  const environment = {
    PATH: `${folder}:${process.env['PATH']}`,
    NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
    ACCESS_TOKEN: await world.token(),
    HOME: folder,
  };
  const script = replaced(['set -u', ...parts].join('\n'));
  await new Promise<void>((resolve, reject) => {
    execFile('bash', ['-c', script], { env: environment }, (error, _, stderr) => {
      if (error) reject(new Error(stderr));
      else resolve();
    });
  });
}

const blocks = blocksUnder('## The same as az commands');
const [revoke = '', remove = '', restore = ''] = blocksUnder('### Taking it back');
const making = blocks.filter(block => ![revoke, remove, restore].includes(block));
const registering = [...blocks.slice(0, 1), ...blocksUnder('### Registration')];
const asWanted =
  '--types user,group,device --quarantine ' +
  '--optional Synchronization.Read.All,AuditLog.Read.All,RoleManagement.Read.Directory,Directory.Read.All';

test('after the az lines of the document the command has nothing left to do, and they take it back again', async () => {
  world.graph.directory.put('user', { id: person, displayName: 'Ada' });
  await runInBash(['set -e', ...making]);
  const result = await world.run([...toAll, '--page', page, ...asWanted.split(' ')]);
  expect(result.output).toContain('Everything is as wanted');
  expect([result.code, result.tried]).toEqual([0, 0]);
  const state = comparable(world.store);
  expect(world.store.state().assignments.find(({ principalId }) => principalId === person)).toMatchObject({
    principalType: 'User',
    appRoleId: world.registration()?.appRoles?.find(({ value }) => value === 'Orphans.Approver')?.id,
  });

  // Repeated, the lines change nothing; then all but the last are undone.
  await runInBash([...registering, 'set -e', revoke, remove]);
  expect(world.held('deleter')).not.toContain('Group.ReadWrite.All');
  expect(world.held('deleter')).toContain('User.DeleteRestore.All');
  const deleted = world.store.state().deletedApplications[0];
  expect([world.registration(), deleted?.uniqueName]).toEqual([undefined, 'entra-orphans']);
  await runInBash(['set -e', `GRAPH=${world.graph.endpoint}\nAPP=${deleted?.id}`, restore]);
  expect(world.registration()?.id).toBe(deleted?.id);
  expect((comparable(world.store) as Record<string, unknown>)['applications']).toEqual(
    (state as Record<string, unknown>)['applications'],
  );
}, 120_000);
