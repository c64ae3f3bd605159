import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { DirectoryEntry } from '../../../agent/src/core/directoryEntry';
import { programPath } from './sambaPrograms';

/** What ldapsearch connects with. */
export interface LdapsearchAccess {
  readonly url: string;
  /** File of the certificate authority, PEM. Its absence from the server's chain ends the search. */
  readonly authorityFile: string;
  readonly bindName: string;
  /** File of the password, without a line feed. */
  readonly passwordFile: string;
}

/** ldapsearch ended with an LDAP result code (RFC 4511, appendix A) that is not success. */
class LdapsearchError extends Error {
  constructor(
    readonly resultCode: number,
    message: string,
  ) {
    super(`ldapsearch ended with the result code ${resultCode}: ${message.trim()}`);
    this.name = 'LdapsearchError';
  }
}

/** LDIF without comments and version, every value on one line. */
const output = ['-LLL', '-o', 'ldif-wrap=no'];
const paging = ['-E', 'pr=1000/noprompt'];

/**
 * Runs OpenLDAP's ldapsearch: an implementation that shares nothing with ours. Reads everything in pages until the server has no
 * more. Throws `LdapsearchError` for every result but success, and where its output is not exactly what is expected.
 */
export async function ldapsearch(
  access: LdapsearchAccess,
  args: readonly string[],
): Promise<readonly DirectoryEntry[]> {
  const child = spawn(
    programPath('ldapsearch') ?? 'ldapsearch',
    [...output, ...paging, '-x', '-H', access.url, '-D', access.bindName, '-y', access.passwordFile, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        LDAPTLS_CACERT: access.authorityFile,
        LDAPTLS_REQCERT: 'demand',
        LDAPCONF: '/dev/null',
        LDAPRC: '',
      },
    },
  );
  const [ldif, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new LdapsearchError(code ?? -1, errors);
  return entriesOf(ldif);
}

/** Entries of unwrapped LDIF. Strict: a line that is neither an attribute, a comment nor empty is refused. */
export function entriesOf(ldif: string): readonly DirectoryEntry[] {
  if (ldif !== '' && !ldif.endsWith('\n'))
    throw new Error('expected LDIF with a line feed at its end, found it cut off');
  const entries: DirectoryEntry[] = [];
  let values: Map<string, Buffer[]> | null = null;
  let number = 0;
  for (const line of ldif.split('\n')) {
    number += 1;
    if (line.startsWith('#')) continue;
    if (line === '') {
      values = null;
      continue;
    }
    const [, name, isBase64, value] = /^([A-Za-z][\w.;-]*):(:?)(?: (.*))?$/.exec(line) ?? [];
    if (name === undefined)
      throw new Error(`expected an LDIF attribute on line ${number}, found something else`);
    const bytes = Buffer.from(value ?? '', isBase64 ? 'base64' : 'utf8');
    if (values === null) {
      if (name !== 'dn') throw new Error(`expected a DN on line ${number} of the LDIF, found ${name}`);
      values = new Map();
      entries.push({ distinguishedName: bytes.toString('utf8'), attributes: values });
      continue;
    }
    const key = name.toLowerCase();
    const known = values.get(key);
    if (known) known.push(bytes);
    else values.set(key, [bytes]);
  }
  return entries;
}
