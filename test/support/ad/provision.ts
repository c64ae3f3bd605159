import { root } from '../stack/sampleSettings';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { sambaPython } from './sambaPrograms';

/** What `provision.py` reads. */
export interface ProvisionOrder {
  readonly directory: string;
  readonly realm: string;
  readonly netBiosName: string;
  readonly hostName: string;
  readonly domainSid: string;
  readonly administratorPassword: string;
  readonly recycleBin: boolean;
  /** A file of LDIF change records. */
  readonly seed: string | null;
}

/** How many records of the seed were added, and how many deletions followed. */
export interface SeedCounts {
  readonly objects: number;
  readonly deletions: number;
}

/** Makes the database of a domain controller in the order's directory, three seconds, and loads the seed, a thousand objects a second. */
export async function provision(order: ProvisionOrder): Promise<SeedCounts> {
  const child = spawn(sambaPython, [path.join(root, 'test', 'support', 'ad', 'provision.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(order));
  const [answer, remarks, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0)
    throw new Error(`Samba's domain was not made (exit code ${code}): ${remarks.trim().slice(-2000)}`);
  return JSON.parse(answer) as SeedCounts;
}
