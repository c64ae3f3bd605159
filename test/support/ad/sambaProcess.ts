import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { programPath } from './sambaPrograms';

export type ProcessModel = 'single' | 'prefork';

export interface SambaProcessOptions {
  /** What `provision.py` made; holds `tls/` as well. */
  readonly directory: string;
  readonly address: string;
  readonly processModel: ProcessModel;
  /** It ends by itself after so many seconds, whatever became of us. */
  readonly maximumRuntimeSeconds: number;
}

/** A running Samba: LDAP alone, in the foreground, in a process group of its own. */
export interface SambaProcess {
  readonly ended: boolean;
  /** The end of what it said. */
  output(): string;
  /** Asks it to end, as its terminal would by closing; insists after five seconds. */
  stop(): Promise<void>;
  /** Kills it with all its children, in the middle of whatever they do. */
  kill(): Promise<void>;
}

const keptOutput = 16 * 1024;
const stopLimitMs = 5000;

export function startSamba(options: SambaProcessOptions): SambaProcess {
  const child = spawn(programPath('samba') ?? 'samba', argumentsOf(options), {
    // The pipe closes when we end, however we end; then Samba leaves.
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-keptOutput);
    });
  }
  child.stdin.on('error', () => {});
  const ended = new Promise<void>(resolve => {
    child.once('exit', () => resolve());
    child.once('error', error => {
      text += error.message;
      resolve();
    });
  });
  const kill = async (): Promise<void> => {
    killGroup(child);
    await ended;
  };
  return {
    get ended() {
      return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    },
    output: () => text,
    kill,
    async stop() {
      child.stdin.end();
      const limit = setTimeout(() => killGroup(child), stopLimitMs);
      await ended;
      clearTimeout(limit);
    },
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function argumentsOf({
  directory,
  address,
  processModel,
  maximumRuntimeSeconds,
}: SambaProcessOptions): string[] {
  const settings = {
    interfaces: `${address}/8`,
    'bind interfaces only': 'yes',
    'server services': 'ldap',
    'dcerpc endpoint servers': '',
    'disable netbios': 'yes',
    'pid directory': path.join(directory, 'run'),
    'ncalrpc dir': path.join(directory, 'run', 'ncalrpc'),
    'tls keyfile': path.join(directory, 'tls', 'key.pem'),
    'tls certfile': path.join(directory, 'tls', 'cert.pem'),
    'tls cafile': path.join(directory, 'tls', 'ca.pem'),
  };
  const foreground = ['-i', '--debug-stdout', '-M', processModel];
  return [
    ...foreground,
    `--maximum-runtime=${maximumRuntimeSeconds}`,
    `--configfile=${path.join(directory, 'etc', 'smb.conf')}`,
    ...Object.entries(settings).map(([name, value]) => `--option=${name}=${value}`),
  ];
}
