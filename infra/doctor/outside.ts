import { once } from 'node:events';
import tls from 'node:tls';
import type { Clock } from '../../shared/app/ports';
import { readClock } from '../../shared/core/doctor/clocks';
import type { ClockReading } from '../../shared/core/doctor/diagnosis';
import type { Handshakes, OutsideAnswer } from '../../shared/core/doctor/outsideJudgements';

/** An answer with what else is looked at. */
export type Answer =
  | (Extract<OutsideAnswer, { readonly kind: 'answered' }> & {
      /** null: it is none, or too long. */
      readonly json: unknown;
      /** The sender's clock compared with ours; null: it sent no date. */
      readonly clock: ClockReading | null;
    })
  | Extract<OutsideAnswer, { readonly kind: 'failed' }>;

/** An app that slept, and looks at itself, takes so long. */
const timeoutMs = 90_000;
const largestBody = 4 * 1024 * 1024;

/** One GET, whose redirections are not followed. Rejects only where the signal is aborted. `of`: whose clock is read. */
export async function getOutside(
  url: string,
  headers: Readonly<Record<string, string>>,
  { of, clock, signal }: { readonly of: string; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Answer> {
  const sentAt = clock.now();
  try {
    const response = await fetch(url, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const receivedAt = clock.now();
    return {
      kind: 'answered',
      status: response.status,
      location: response.headers.get('location'),
      clock: readClock(of, { date: response.headers.get('date'), sentAt, receivedAt }),
      json: await jsonOf(response),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'failed', code: codeOf(error) };
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  let length = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > largestBody) return null;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return null;
  }
}

/** The code that the system gave, which fetch hides in the cause; of a time limit its name. */
export function codeOf(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: { code?: unknown }; name?: string };
  const known = [cause?.code, code].find(one => typeof one === 'string');
  return known ?? name ?? 'unknown';
}

/** OpenSSL agrees to old protocols at security level 0 alone. */
const oldProtocols = {
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
  // Whose certificate it is does not matter: nothing is sent.
  rejectUnauthorized: false,
} as const;
const handshakeMs = 15_000;

/** Two handshakes: one as of today, one with what nobody may agree to any more. */
export async function shakeHands(url: string, signal: AbortSignal): Promise<Handshakes> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const common = {
    host,
    port: Number(port || 443),
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
  };
  const today = await handshake(common, signal);
  const old = await handshake({ ...common, ...oldProtocols }, signal);
  return {
    today:
      today.kind === 'agreed'
        ? { kind: 'agreed', protocol: today.protocol }
        : { kind: 'failed', code: today.code },
    old:
      old.kind === 'agreed'
        ? { kind: 'agreed', code: '' }
        : { kind: /NO_PROTOCOLS|TIMEOUT|REFUSED/i.test(old.code) ? 'notTried' : 'refused', code: old.code },
  };
}

async function handshake(
  options: tls.ConnectionOptions,
  signal: AbortSignal,
): Promise<
  { readonly kind: 'agreed'; readonly protocol: string } | { readonly kind: 'failed'; readonly code: string }
> {
  let socket: tls.TLSSocket | null = null;
  try {
    socket = tls.connect(options);
    await once(socket, 'secureConnect', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(handshakeMs)]),
    });
    return { kind: 'agreed', protocol: socket.getProtocol() ?? 'unknown' };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'failed', code: codeOf(error) };
  } finally {
    socket?.destroy();
  }
}
