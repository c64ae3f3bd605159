import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerCertificate } from './tls';

/** A running Azurite. The endpoints are path-style, as `https://127.0.0.1:<port>/devstoreaccount1`. */
export interface Azurite {
  readonly account: string;
  readonly blobEndpoint: string;
  readonly queueEndpoint: string;
  readonly tableEndpoint: string;
  /** Ends the process and waits for its end; its data is gone. May be called more than once. */
  stop(): Promise<void>;
}

export interface AzuriteOptions {
  readonly certificate: ServerCertificate;
  /** How long it may take until all three services listen, in milliseconds. */
  readonly startLimitMs?: number;
}

const account = 'devstoreaccount1';
const services = ['Blob', 'Queue', 'Table'] as const;
type Service = (typeof services)[number];

/** Azurite outlives neither a clean nor a violent end of its parent: the IPC channel closes in both cases. */
const watchdog = 'data:text/javascript,process.on("disconnect",()=>process.exit(0))';
const keptOutput = 16 * 1024;

/**
 * Starts Azurite in a process of its own: blob, queue and table over TLS on loopback ports that the operating system picks, data in
 * memory. It accepts bearer tokens only (`--oauth basic`: issuer, audience and lifetime are checked, the signature is not): its
 * account key is random and known to nobody, so that a connection string with the well-known key fails here as it would in Azure.
 * Throws with Azurite's own output when it does not start.
 */
export async function startAzurite({ certificate, startLimitMs = 60_000 }: AzuriteOptions): Promise<Azurite> {
  // Azurite reads the two files once, before it listens.
  const folder = await mkdtemp(join(tmpdir(), 'azurite-'));
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  try {
    await writeFile(cert, certificate.cert, { mode: 0o600 });
    await writeFile(key, certificate.key, { mode: 0o600 });
    const child = spawnAzurite(['--cert', cert, '--key', key]);
    const output = lastOutputOf(child);
    // Not 'close': it does not come after a disconnect.
    const ended = new Promise<void>(resolve => {
      child.once('exit', () => resolve()).once('error', () => resolve());
    });
    let stopping = false;
    const stop = async (): Promise<void> => {
      stopping = true;
      if (child.connected) child.disconnect();
      await ended;
    };
    try {
      const origins = await listening(child, output, startLimitMs);
      child.once('exit', (code, signal) => {
        if (!stopping) process.emitWarning(`Azurite ended by itself (${signal ?? code}):\n${output()}`);
      });
      const endpoint = (service: Service): string => `${origins[service]}/${account}`;
      return {
        account,
        blobEndpoint: endpoint('Blob'),
        queueEndpoint: endpoint('Queue'),
        tableEndpoint: endpoint('Table'),
        stop,
      };
    } catch (error) {
      child.kill('SIGKILL');
      await stop();
      throw error;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function spawnAzurite(certificateOptions: readonly string[]): ChildProcess {
  const anyPort = services.flatMap(service => [`--${service.toLowerCase()}Port`, '0']);
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return spawn(
    process.execPath,
    [
      '--import',
      watchdog,
      require.resolve('azurite/dist/src/azurite.js'),
      ...anyPort,
      ...certificateOptions,
      '--oauth=basic',
      '--inMemoryPersistence',
      '--disableTelemetry',
      '--skipApiVersionCheck',
      '--silent',
    ],
    {
      cwd: tmpdir(),
      env: { ...environment, AZURITE_ACCOUNTS: `${account}:${randomBytes(64).toString('base64')}` },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
}

/** Drains both streams for as long as the process lives and remembers the end of what they said. */
function lastOutputOf(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-keptOutput);
    });
  }
  return () => text;
}

function listening(
  child: ChildProcess,
  output: () => string,
  limitMs: number,
): Promise<Readonly<Record<Service, string>>> {
  return new Promise((resolve, reject) => {
    const settle = (conclude: () => void): void => {
      clearTimeout(limit);
      child.stdout?.off('data', look);
      child.off('close', closed).off('error', failed);
      conclude();
    };
    const fail = (what: string, cause?: Error): void =>
      settle(() => reject(new Error(`Azurite did not start: ${what}. Its output:\n${output()}`, { cause })));
    const look = (): void => {
      const [Blob, Queue, Table] = services.map(
        service =>
          new RegExp(`Azurite ${service} service is successfully listening at (https://\\S+)`).exec(
            output(),
          )?.[1],
      );
      if (Blob && Queue && Table) settle(() => resolve({ Blob, Queue, Table }));
    };
    const closed = (code: number | null, signal: NodeJS.Signals | null): void =>
      fail(`it ended (${signal ?? `exit code ${code}`})`);
    const failed = (error: Error): void => fail('the process could not be made', error);
    const limit = setTimeout(() => fail(`not all services listen after ${limitMs} ms`), limitMs);
    child.stdout?.on('data', look);
    child.on('close', closed).on('error', failed);
  });
}
