import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The Python that distributions build Samba for; another one does not see its module. */
export const sambaPython = '/usr/bin/python3';

const packages = 'samba samba-ad-provision samba-dsdb-modules ldb-tools ldap-utils';

/** Where distributions put servers, beside PATH, which does not name it for every user. */
const searchPath = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/bin'];

/** The program's path; null where it is not installed. */
export function programPath(name: string): string | null {
  for (const folder of searchPath) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not there: the next folder.
    }
  }
  return null;
}

export type SambaInstallation =
  | { readonly kind: 'installed' }
  /** `problem` says what is missing, and how to install it. */
  | { readonly kind: 'missing'; readonly problem: string };

/** Looks for all that a domain controller of the tests needs: samba, ldapsearch, and Python with Samba's modules. */
export function sambaInstallation(): SambaInstallation {
  const missing = ['samba', 'ldapsearch'].filter(name => programPath(name) === null);
  const modules = spawnSync(sambaPython, ['-c', 'import samba.provision, samba.samdb'], { encoding: 'utf8' });
  if (modules.status !== 0) missing.push(`the module samba.provision of ${sambaPython}`);
  if (missing.length === 0) return { kind: 'installed' };
  return {
    kind: 'missing',
    problem: `expected an installed Samba AD DC, found no ${missing.join(', no ')}: on Debian or Ubuntu, apt-get install --no-install-recommends ${packages}`,
  };
}

export const isSambaInstalled = (): boolean => sambaInstallation().kind === 'installed';
