import type { Duplex } from 'node:stream';
import { BindRequest, ExtendedRequest, ProtocolOperation, UnbindRequest } from 'ldapts';
import { FrameSplitter, longestMessageBytes } from './frameSplitter';
import { brokenMessage, LdapFault } from './ldapFault';
import { readEnvelope, readResult, type LdapMessage, type LdapResult } from './ldapMessage';
import type { LdapTarget } from './ldapTarget';
import { failureOf } from './resultCodes';
import { encodeSearch, type Search } from './searchRequest';
import { messageOf, openTcp, secure, type Trust } from './secureSocket';

const startTlsName = '1.3.6.1.4.1.1466.20037';
const noticeOfDisconnection = '1.3.6.1.4.1.1466.20036';
const largestMessageId = 2 ** 31 - 1;

export interface ConnectOptions extends Trust {
  readonly target: LdapTarget;
  /** For the connection to stand, encryption included, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** For how long nothing may come while an answer is due, in milliseconds. */
  readonly inactivityTimeoutMs: number;
  /** Default 64 MiB. */
  readonly longestMessageBytes?: number;
  /**
   * A stream in the place of the encrypted connection: for tests, and for a socket of this machine. Whoever gives one answers for
   * it that nobody listens.
   */
  readonly createConnection?: () => Duplex;
}

/** What a request brought: entries, not yet looked into, and how it ended. */
export interface SearchAnswer {
  readonly entries: readonly LdapMessage[];
  readonly result: LdapResult;
}

/** A request that is under way: the operation that ends it, and who gets the result. */
interface Waiter {
  readonly ending: number;
  readonly entries: LdapMessage[];
  resolve(result: LdapResult): void;
  reject(error: Error): void;
}

/**
 * One encrypted connection to one domain controller. Whatever goes wrong with it - its end, silence, bytes that are not LDAP, an
 * answer that nobody waits for - ends it for good, and every request that is under way is rejected. It never connects again by
 * itself: paging lives in the connection (ADR 0012).
 */
export class LdapConnection {
  readonly #stream: Duplex;
  readonly #inactivityTimeoutMs: number;
  readonly #splitter: FrameSplitter;
  readonly #waiters = new Map<number, Waiter>();
  #messageId = 0;
  #fault: Error | null = null;
  #quiet: NodeJS.Timeout | null = null;
  #bytesRead = 0;

  private constructor(stream: Duplex, options: ConnectOptions) {
    this.#stream = stream;
    this.#inactivityTimeoutMs = options.inactivityTimeoutMs;
    this.#splitter = new FrameSplitter(
      frame => this.#receive(frame),
      options.longestMessageBytes ?? longestMessageBytes,
    );
    stream
      .on('data', this.#onData)
      .on('error', this.#onError)
      .on('end', this.#onEnd)
      .on('close', this.#onEnd);
  }

  /**
   * Connects, and encrypts. Throws an `LdapFault`, or the signal's reason. The certificate is checked before anything but
   * the request for StartTLS is sent.
   */
  static async open(options: ConnectOptions, signal: AbortSignal): Promise<LdapConnection> {
    if (options.createConnection) return new LdapConnection(options.createConnection(), options);
    const { host, port, encryption } = options.target;
    const limit = AbortSignal.timeout(options.connectTimeoutMs);
    const either = AbortSignal.any([signal, limit]);
    try {
      const socket = await openTcp(host, port, either);
      if (encryption === 'startTls') await new LdapConnection(socket, options).#askForTls(either);
      return new LdapConnection(await secure(socket, host, options, either), options);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LdapFault) throw error;
      const found = limit.aborted ? `nothing within ${options.connectTimeoutMs} ms` : messageOf(error);
      throw new LdapFault('passing', `expected a connection with TLS, found: ${found}`, { cause: error });
    }
  }

  get isOpen(): boolean {
    return this.#fault === null;
  }

  /**
   * Simple bind. An empty password is refused: it would bind as nobody, with success (RFC 4513, 5.1.2), and show an almost empty
   * directory.
   */
  async bind(name: string, password: string, signal: AbortSignal): Promise<void> {
    if (name === '' || password === '') {
      throw new LdapFault('final', 'expected a name and a password to bind with, found one of them empty');
    }
    const { result } = await this.#request(
      ProtocolOperation.LDAP_RES_BIND,
      messageId => new BindRequest({ messageId, dn: name, password }).write(),
      signal,
    );
    if (result.resultCode !== 0) throw failureOf(result, 'the bind');
  }

  /** Sends the search at once, and waits for its end. A reference among its results is refused. */
  async search(search: Search, signal: AbortSignal): Promise<SearchAnswer> {
    const answer = await this.#request(
      ProtocolOperation.LDAP_RES_SEARCH,
      messageId => encodeSearch(messageId, search),
      signal,
    );
    if (answer.result.resultCode !== 0) throw failureOf(answer.result, 'the search');
    return answer;
  }

  /** Says goodbye, and closes. Requests that are under way are rejected. */
  close(): void {
    if (this.#fault) return;
    const goodbye = new UnbindRequest({ messageId: this.#nextMessageId() }).write();
    this.#stop(new LdapFault('passing', 'the connection was closed'));
    this.#stream.end(goodbye, () => this.#stream.destroy());
  }

  /** Ends the connection at once. Requests that are under way are rejected with the fault. */
  destroy(fault: Error): void {
    if (this.#fault) return;
    this.#stop(fault);
    this.#stream.destroy();
  }

  #stop(fault: Error): void {
    this.#fault = fault;
    this.#rest();
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(fault);
  }

  #request(
    ending: number,
    encode: (messageId: number) => Buffer,
    signal: AbortSignal,
  ): Promise<SearchAnswer> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      if (this.#fault) return reject(this.#fault);
      const messageId = this.#nextMessageId();
      const bytes = encode(messageId);
      const entries: LdapMessage[] = [];
      // There is no way to call back a page that is on its way but to hang up.
      const stop = (): void => this.destroy(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      const settled = (): void => signal.removeEventListener('abort', stop);
      this.#waiters.set(messageId, {
        ending,
        entries,
        resolve: result => {
          settled();
          resolve({ entries, result });
        },
        reject: error => {
          settled();
          reject(error);
        },
      });
      this.#stream.write(bytes);
      this.#watch();
    });
  }

  #nextMessageId(): number {
    this.#messageId = this.#messageId === largestMessageId ? 1 : this.#messageId + 1;
    return this.#messageId;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytesRead += chunk.length;
    this.#quiet?.refresh();
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      this.destroy(error as Error);
    }
  };

  readonly #onError = (error: Error): void => {
    this.destroy(
      new LdapFault('passing', `expected the connection to last, found: ${error.message}`, { cause: error }),
    );
  };

  readonly #onEnd = (): void => {
    this.destroy(new LdapFault('passing', 'expected the connection to last, found its end'));
  };

  #receive(frame: Buffer): void {
    // After its fault a connection takes in nothing more, even where the same chunk holds more.
    if (this.#fault) return;
    const message = readEnvelope(frame);
    if (message.messageId === 0) return this.#notice(message);
    const waiter = this.#waiters.get(message.messageId);
    if (!waiter) throw brokenMessage('an answer to nothing that was asked');
    if (message.operation === waiter.ending) {
      const result = readResult(message);
      this.#waiters.delete(message.messageId);
      if (this.#waiters.size === 0) this.#rest();
      return waiter.resolve(result);
    }
    if (waiter.ending !== ProtocolOperation.LDAP_RES_SEARCH) throw brokenMessage('an answer of another kind');
    switch (message.operation) {
      case ProtocolOperation.LDAP_RES_SEARCH_ENTRY:
        waiter.entries.push(message);
        return;
      case ProtocolOperation.LDAP_RES_SEARCH_REF:
        throw new LdapFault(
          'final',
          'expected every object from this domain controller, found a reference: part of the tree lies elsewhere',
        );
      default:
        throw brokenMessage('an answer of another kind');
    }
  }

  /** An unsolicited notification. The one that RFC 4511 (4.4.1) knows announces the end; others are to be ignored. */
  #notice(message: LdapMessage): void {
    if (message.operation !== ProtocolOperation.LDAP_RES_EXTENSION)
      throw brokenMessage('an answer to nothing that was asked');
    const result = readResult(message);
    if (result.responseName !== noticeOfDisconnection) return;
    throw new LdapFault(
      'passing',
      `expected the connection to last, found notice of its end: ${failureOf(result, 'the server').message}`,
    );
  }

  /** Starts the clock of silence, where it does not run yet. */
  #watch(): void {
    if (this.#quiet) return void this.#quiet.refresh();
    this.#quiet = setTimeout(() => {
      const before = this.#bytesRead;
      // Bytes may have waited in the kernel while this process was busy: those are read before immediates run.
      setImmediate(() => {
        if (this.#bytesRead !== before || this.#waiters.size === 0) return;
        this.destroy(
          new LdapFault('passing', `expected an answer, found nothing for ${this.#inactivityTimeoutMs} ms`),
        );
      });
    }, this.#inactivityTimeoutMs);
  }

  #rest(): void {
    clearTimeout(this.#quiet ?? undefined);
    this.#quiet = null;
  }

  async #askForTls(signal: AbortSignal): Promise<void> {
    const { result } = await this.#request(
      ProtocolOperation.LDAP_RES_EXTENSION,
      messageId => new ExtendedRequest({ messageId, oid: startTlsName }).write(),
      signal,
    );
    if (result.resultCode !== 0) {
      const refusal = failureOf(result, 'StartTLS');
      this.destroy(refusal);
      throw refusal;
    }
    this.#release();
  }

  /** Lets go of the stream, for TLS to take it over. Bytes that came in clear after the answer would be taken for encrypted ones. */
  #release(): void {
    if (this.#splitter.heldBytes > 0) this.destroy(brokenMessage('bytes between StartTLS and TLS'));
    if (this.#fault) throw this.#fault;
    this.#fault = new LdapFault('passing', 'the connection was handed on');
    this.#rest();
    this.#stream
      .off('data', this.#onData)
      .off('error', this.#onError)
      .off('end', this.#onEnd)
      .off('close', this.#onEnd);
    this.#stream.pause();
  }
}
