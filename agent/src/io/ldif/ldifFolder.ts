import { stat } from 'node:fs/promises';
import path from 'node:path';
import { AgentError } from '../../core/agentError';
import { LdifFile } from './ldifFile';

/**
 * The files of one domain's folder, in the order in which they are made (docs/ldif.md). A fixed name says what a file is: nothing
 * is guessed from its content, so that two files cannot be mixed up in silence.
 */
export const fileNames = {
  before: 'before.ldf',
  containers: 'containers.ldf',
  walk: 'walk.ldf',
  keys: 'keys.ldf',
  members: 'members.ldf',
  deleted: 'deleted.ldf',
  configuration: 'configuration.ldf',
  configurationKeys: 'configuration-keys.ldf',
  configurationDeleted: 'configuration-deleted.ldf',
  after: 'after.ldf',
} as const;
export type FileRole = keyof typeof fileNames;

const roles = Object.keys(fileNames) as readonly FileRole[];
export const attributesFileName = 'attributes.txt';
const everyName: readonly string[] = [...Object.values(fileNames), attributesFileName];

/** What each file is, and what makes it, in a few words; the whole command is in docs/ldif.md. */
const madeBy: Readonly<Record<FileRole, string>> = {
  before: 'Write-Ldif.ps1 -What facts -File before.ldf, first of all',
  containers:
    'ldifde -f containers.ldf -r with the classes of containers -l objectGUID,objectClass,nTSecurityDescriptor',
  walk: 'ldifde -f walk.ldf -d <the domain> -r (objectClass=*) -l %ATTRIBUTES%',
  keys: 'ldifde -f keys.ldf -d <the domain> -r (objectClass=*) -l objectGUID,uSNChanged',
  members: 'ldifde -f members.ldf -d <the domain> -r (objectClass=group) -l objectGUID,member',
  deleted: 'ldifde -x -f deleted.ldf -d <CN=Deleted Objects of the domain>',
  configuration: 'ldifde -f configuration.ldf -d <CN=Configuration> -l %ATTRIBUTES%',
  configurationKeys: 'ldifde -f configuration-keys.ldf -d <CN=Configuration> -l objectGUID,uSNChanged',
  configurationDeleted: 'ldifde -x -f configuration-deleted.ldf -d <CN=Deleted Objects of CN=Configuration>',
  after: 'Write-Ldif.ps1 -What facts -File after.ldf, last of all',
};

/** How the file is made, as the end of an error message. */
function adviceFor(role: FileRole): string {
  return `Make all files of the domain again, in a new folder; this one by: ${madeBy[role]} (docs/ldif.md).`;
}

/** The files of one domain. */
export interface LdifFolder {
  readonly path: string;
  readonly files: Readonly<Record<FileRole, LdifFile>>;
  readonly attributesFile: string;
}

/**
 * The folders that the command line names. A file stands for its folder, so that `FOLDER/*.ldf` is understood.
 *
 * @throws AgentError configurationInvalid: no such folder, or a file of another name; exportIncomplete: a file is missing. The
 * message says which files a folder has to have, and what makes the missing ones.
 */
export async function openFolders(paths: readonly string[]): Promise<readonly LdifFolder[]> {
  const found = new Set<string>();
  for (const named of paths) found.add(await folderOf(named));
  if (found.size === 0)
    throw new AgentError(
      'configurationInvalid',
      'Expected a folder of LDIF files for each domain, found none named.',
    );
  return Promise.all([...found].map(openFolder));
}

async function folderOf(named: string): Promise<string> {
  const full = path.resolve(named);
  const kind = await kindOf(full);
  if (kind === 'folder') return full;
  if (kind === 'missing')
    throw new AgentError(
      'configurationInvalid',
      `Expected a folder of LDIF files, found nothing named ${named}.`,
    );
  if (everyName.includes(path.basename(full).toLowerCase())) return path.dirname(full);
  throw new AgentError(
    'configurationInvalid',
    `Expected a folder of LDIF files for each domain, found the single file ${named}. One file does not prove that it holds ` +
      `everything: it may be cut between two objects, or lack those that the account could not see. The folder has to hold ` +
      `${everyName.join(', ')}. docs/ldif.md has the commands that make them.`,
  );
}

async function kindOf(full: string): Promise<'folder' | 'file' | 'missing'> {
  try {
    return (await stat(full)).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'missing';
  }
}

async function openFolder(folder: string): Promise<LdifFolder> {
  const missing: string[] = [];
  for (const role of roles)
    if ((await kindOf(path.join(folder, fileNames[role]))) !== 'file')
      missing.push(`${fileNames[role]} (made by: ${madeBy[role]})`);
  if ((await kindOf(path.join(folder, attributesFileName))) !== 'file')
    missing.push(`${attributesFileName} (the list that walk.ldf was made with: echo %ATTRIBUTES%)`);
  if (missing.length > 0)
    throw new AgentError(
      'exportIncomplete',
      `Expected all LDIF files of a domain in ${folder}, found none named ${missing.join('; ')}. A file that is added later is ` +
        'of another time: make all of them again, in a new folder, with the commands of docs/ldif.md.',
    );
  const files = {} as Record<FileRole, LdifFile>;
  for (const role of roles) files[role] = new LdifFile(path.join(folder, fileNames[role]), adviceFor(role));
  return { path: folder, files, attributesFile: path.join(folder, attributesFileName) };
}
