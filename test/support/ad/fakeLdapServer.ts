import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { ServerCertificate } from '../tls';
import { findIn, knownControls, type FakeDirectory, type Found } from './fakeDirectory';
import { FakeMessages, operations, type FakeResult } from './fakeMessages';
import { decodeRequest, messageLength, type FakeRequest, type FakeSearch } from './fakeRequest';

/** What happens to one request in the place of its answer. */
export type LdapFaultScript =
  /** Another result; `entries` of the answer's come before it. */
  | { readonly kind: 'result'; readonly result: FakeResult; readonly entries?: number }
  /** No entry, and a cookie that leads to those that were due. */
  | { readonly kind: 'emptyPage' }
  /** The entries, and nothing that tells whether there are more. */
  | { readonly kind: 'noPagedControl' }
  /** A reference to another server among the entries. */
  | { readonly kind: 'reference' }
  /** Other messages: those of the answer are handed in. */
  | {
      readonly kind: 'rewrite';
      readonly rewrite: (messages: readonly Buffer[], messageId: number) => readonly Buffer[];
    }
  /** The first `bytes` of the answer; then nothing more, or the end. */
  | { readonly kind: 'cut'; readonly bytes: number; readonly ending: Ending }
  /** Notice of disconnection, and the end. */
  | { readonly kind: 'notice' }
  /** Calls back before the request is looked at. */
  | { readonly kind: 'run'; readonly callback: () => void | Promise<void> };

/** `stall`: the connection stays, in silence. `end`: it is closed. `reset`: it breaks. */
export type Ending = 'stall' | 'end' | 'reset';

export interface LdapFaultRule {
  readonly when: (request: FakeRequest) => boolean;
  /** How many requests it is for; default 1. */
  readonly times?: number;
  readonly do: LdapFaultScript;
}

export interface FakeLdapOptions {
  readonly certificate: ServerCertificate;
  readonly encryption?: 'ldaps' | 'startTls';
  readonly directory: FakeDirectory;
  readonly bindName: string;
  readonly password: string;
  /** Policy MaxPageSize; default 1,000. */
  readonly pageCap?: number;
  /** Policy MaxValRange; default 1,500. */
  readonly rangeCap?: number;
}

/** Open paged searches on one connection; the oldest is forgotten for one more. */
const mostOpenPages = 10;

/**
 * An LDAP server that is as strict as Active Directory, where Samba is kinder, and that goes wrong as it is told: pages of at most 1,000,
 * ranges of 1,500 values, references without the domain scope control, cookies that are worth something on their own connection only,
 * referrals outside of its naming contexts. It listens on 127.0.0.1.
 */
export class FakeLdapServer {
  readonly port: number;
  /** Every request, in order. */
  readonly requests: FakeRequest[] = [];
  /** What was sent and must not be: a test that finds one has failed. */
  readonly complaints: string[] = [];
  /** Connections that were made. */
  connections = 0;
  /** What is served; may be replaced. */
  directory: FakeDirectory;
  #rules: { readonly rule: LdapFaultRule; left: number }[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(
    server: Server,
    readonly options: FakeLdapOptions,
  ) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.directory = options.directory;
    server.on('connection', socket => this.#accept(socket));
  }

  static async start(options: FakeLdapOptions): Promise<FakeLdapServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeLdapServer(server, options);
  }

  get url(): string {
    return `${this.options.encryption === 'startTls' ? 'ldap' : 'ldaps'}://127.0.0.1:${this.port}`;
  }

  /** Rules apply in the order they were added, one to a request. */
  add(rule: LdapFaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 });
  }

  /** Rules that are not used up: a test may make sure that its fault took place. */
  get pending(): number {
    return this.#rules.filter(({ left }) => left > 0 && left !== Infinity).length;
  }

  get searches(): readonly FakeSearch[] {
    return this.requests.filter(request => request.kind === 'search');
  }

  /** Ends every connection. */
  kill(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.kill();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    if (this.options.encryption === 'startTls') {
      new Conversation(this, socket, socket).listen();
    } else {
      new Conversation(this, this.secure(socket), socket).listen();
    }
  }

  /** @internal */
  secure(socket: Socket): TLSSocket {
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: createSecureContext(this.options.certificate),
    });
    secured.on('error', () => {});
    return secured;
  }

  /** @internal */
  faultFor(request: FakeRequest): LdapFaultScript | null {
    const due = this.#rules.find(({ rule, left }) => left > 0 && rule.when(request));
    if (!due) return null;
    due.left -= 1;
    return due.rule.do;
  }
}

interface OpenPages {
  readonly rest: Found & { readonly kind: 'entries' };
  readonly at: number;
}

/** One connection. */
class Conversation {
  readonly #messages = new FakeMessages();
  readonly #pages = new Map<string, OpenPages>();
  #received = Buffer.alloc(0);
  #bound = false;
  #queue: Promise<void> = Promise.resolve();
  #deaf = false;

  constructor(
    readonly server: FakeLdapServer,
    private stream: Socket | TLSSocket,
    private readonly raw: Socket,
  ) {}

  listen(): void {
    this.stream.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      for (let length = messageLength(this.#received); length !== null;) {
        const message = this.#received.subarray(0, length);
        this.#received = this.#received.subarray(length);
        this.#queue = this.#queue.then(() => this.#take(message));
        length = messageLength(this.#received);
      }
    });
    this.stream.on('error', () => {});
  }

  async #take(bytes: Buffer): Promise<void> {
    if (this.#deaf) return;
    try {
      const request = decodeRequest(bytes);
      this.server.requests.push(request);
      await this.#answer(request);
    } catch (error) {
      this.server.complaints.push(String(error));
      this.#end('reset');
    }
  }

  async #answer(request: FakeRequest): Promise<void> {
    const fault = this.server.faultFor(request);
    if (fault?.kind === 'run') await fault.callback();
    if (request.kind === 'unbind') return this.#end('end');
    const answer = this.#messagesFor(request, fault);
    switch (fault?.kind) {
      case 'cut':
        this.stream.write(Buffer.concat(answer).subarray(0, fault.bytes));
        return this.#end(fault.ending);
      case 'notice':
        this.stream.write(this.#messages.noticeOfDisconnection(52));
        return this.#end('end');
      case 'rewrite':
        this.stream.write(Buffer.concat(fault.rewrite(answer, request.messageId)));
        return;
      default:
        this.stream.write(Buffer.concat(answer));
    }
    if (request.kind === 'startTls' && fault === null) this.#secure();
  }

  #secure(): void {
    this.stream.removeAllListeners('data');
    this.stream = this.server.secure(this.stream);
    this.listen();
  }

  #messagesFor(request: Exclude<FakeRequest, { kind: 'unbind' }>, fault: LdapFaultScript | null): Buffer[] {
    const { messageId } = request;
    const forced = fault?.kind === 'result' ? fault.result : null;
    switch (request.kind) {
      case 'bind': {
        const { bindName, password } = this.server.options;
        const known = request.name === bindName && request.password === password;
        // An empty password binds as nobody, with success (RFC 4513, 5.1.2).
        this.#bound = known;
        const code = known || request.password === '' ? 0 : 49;
        return [this.#messages.result(messageId, operations.bindResponse, forced ?? { code })];
      }
      case 'startTls':
        return [this.#messages.result(messageId, operations.extendedResponse, forced ?? { code: 0 })];
      case 'search': {
        const unknown = [...request.controls].find(type => !knownControls.has(type));
        if (unknown !== undefined) throw new Error(`control ${unknown}`);
        return this.#searchMessages(request, fault);
      }
    }
  }

  #searchMessages(search: FakeSearch, fault: LdapFaultScript | null): Buffer[] {
    const { messageId, page } = search;
    const done = (result: FakeResult): Buffer =>
      this.#messages.result(messageId, operations.searchDone, result);
    if (!this.#bound && search.base !== '') return [done({ code: 1, message: 'bind first' })];
    const open = this.#openedBy(search);
    if (!open) return [done({ code: 53, message: 'unknown cookie' })];
    if (open.rest.kind === 'failure') {
      return [done({ ...open.rest, ...(fault?.kind === 'result' ? fault.result : {}) })];
    }
    const size = fault?.kind === 'emptyPage' ? 0 : this.#pageSize(search);
    const entries = open.rest.entries.slice(open.at, open.at + size);
    const end = open.at + entries.length;
    const isLast = end >= open.rest.entries.length && fault?.kind !== 'emptyPage';
    const messages = entries.map(entry =>
      this.#messages.entry(messageId, entry.distinguishedName, entry.attributes),
    );
    const references = [
      ...open.rest.references,
      ...(fault?.kind === 'reference' ? ['ldap://elsewhere/'] : []),
    ];
    messages.push(...references.map(url => this.#messages.reference(messageId, [url])));
    if (fault?.kind === 'result') return [...messages.slice(0, fault.entries ?? 0), done(fault.result)];
    if (!page) return [...messages, done({ code: isLast ? 0 : 4 })];
    const cookie = isLast ? Buffer.alloc(0) : this.#remember({ rest: open.rest, at: end });
    const controls = fault?.kind === 'noPagedControl' ? [] : [this.#messages.paged(cookie)];
    return [...messages, done({ code: 0, controls })];
  }

  #openedBy(search: FakeSearch): { readonly rest: Found; readonly at: number } | null {
    const cookie = search.page?.cookie.toString('hex') ?? '';
    if (cookie === '') {
      const { directory, options } = this.server;
      return { rest: findIn(directory, search, options.rangeCap ?? 1_500), at: 0 };
    }
    const open = this.#pages.get(cookie) ?? null;
    this.#pages.delete(cookie);
    return open;
  }

  #pageSize({ page }: FakeSearch): number {
    const cap = this.server.options.pageCap ?? 1_000;
    return page ? Math.min(page.size, cap) : cap;
  }

  #remember(pages: OpenPages): Buffer {
    const cookie = randomBytes(8);
    this.#pages.set(cookie.toString('hex'), pages);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > mostOpenPages && oldest !== undefined) this.#pages.delete(oldest);
    return cookie;
  }

  #end(ending: Ending): void {
    this.#deaf = true;
    if (ending === 'end') this.stream.end();
    if (ending === 'reset') this.raw.resetAndDestroy();
  }
}
