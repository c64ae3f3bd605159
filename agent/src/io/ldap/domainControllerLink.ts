import { setTimeout as delay } from 'node:timers/promises';
import { guidFromBytes, type Guid } from '../../../../shared/core/keys/guid';
import { AgentError } from '../../core/agentError';
import { textOf } from '../../core/directoryEntry';
import { LdapConnection } from './ldapConnection';
import { LdapFault } from './ldapFault';
import { readLdapTarget, type LdapTarget } from './ldapTarget';
import type { Trust } from './secureSocket';
import { readEntry } from './singleEntry';

/** One domain controller, as the configuration names it. */
export interface DomainControllerOptions extends Trust {
  /** `ldaps://host[:port]`, or `ldap://host[:port]` with `startTls`. One machine: never a name that several answer to. */
  readonly url: string;
  /** Distinguished name or user principal name. */
  readonly bindName: string;
  readonly password: string | (() => string | Promise<string>);
  readonly startTls?: boolean | undefined;
}

/** How patient the agent is with every domain controller. */
export interface Patience {
  /** For a connection to stand, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** For how long nothing may come while an answer is due, in milliseconds. */
  readonly inactivityTimeoutMs: number;
  /** Attempts at one search in all, the first one included. */
  readonly attempts: number;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
}

/** Real time, and chance: what nobody configures. */
export const realWaiting: Pick<Patience, 'wait' | 'random'> = {
  wait: async (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
  random: Math.random,
};

const firstBackoffMs = 1_000;
const longestBackoffMs = 60_000;

/** What a database is known by. */
interface Identity {
  readonly invocationId: Guid;
  readonly domain: string;
}

/**
 * The way to one domain controller: connections that are bound and proved to lead to the same database as the first one, and further
 * attempts where one breaks off. Searches that run at the same time get a connection each.
 */
export class DomainControllerLink {
  readonly name: string;
  readonly target: LdapTarget;
  readonly #options: DomainControllerOptions;
  readonly #patience: Patience;
  readonly #connections = new Set<LdapConnection>();
  readonly #idle: LdapConnection[] = [];
  #identity: Identity | null = null;
  #closed = false;

  constructor(options: DomainControllerOptions, patience: Patience) {
    this.name = options.url;
    this.target = readLdapTarget(options.url, options.startTls === true);
    this.#options = options;
    this.#patience = patience;
  }

  /** GUID of the database that this link leads to. Known once a connection was made. */
  get invocationId(): Guid | null {
    return this.#identity?.invocationId ?? null;
  }

  /**
   * Runs a piece of work on a connection. Where the connection or the domain controller fails, all of the work is done again, on a
   * new connection, after a wait that doubles; at last `directoryUnavailable`. What would be refused again is
   * `directoryRefused` at once. Whatever else the work throws is thrown as it is. `what` completes "expected to read …".
   */
  async run<Value>(
    what: string,
    work: (connection: LdapConnection) => Promise<Value>,
    signal: AbortSignal,
  ): Promise<Value> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(work, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof LdapFault)) throw error;
        if (error.kind === 'final') throw this.#refused(what, error);
        if (this.#closed || attempt >= this.#patience.attempts) throw this.#unavailable(what, attempt, error);
      }
      await this.#wait(attempt, signal);
    }
  }

  /** Closes every connection; what is under way fails, and is not tried again. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
    this.#idle.length = 0;
  }

  async #attempt<Value>(
    work: (connection: LdapConnection) => Promise<Value>,
    signal: AbortSignal,
  ): Promise<Value> {
    signal.throwIfAborted();
    const connection = this.#reusable() ?? (await this.#connect(signal));
    try {
      const value = await work(connection);
      this.#idle.push(connection);
      return value;
    } catch (error) {
      this.#drop(connection);
      throw error;
    }
  }

  #reusable(): LdapConnection | null {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (connection.isOpen) return connection;
      this.#connections.delete(connection);
    }
    return null;
  }

  #drop(connection: LdapConnection): void {
    connection.destroy(new LdapFault('passing', 'the connection was given up'));
    this.#connections.delete(connection);
  }

  async #connect(signal: AbortSignal): Promise<LdapConnection> {
    const password = await this.#password();
    const { target } = this;
    const { connectTimeoutMs, inactivityTimeoutMs } = this.#patience;
    const { ca, dangerouslyAcceptAnyCertificate } = this.#options;
    const connection = await LdapConnection.open(
      { target, connectTimeoutMs, inactivityTimeoutMs, ca, dangerouslyAcceptAnyCertificate },
      signal,
    );
    this.#connections.add(connection);
    try {
      await connection.bind(this.#options.bindName, password, signal);
      this.#checkIdentity(await this.#identify(connection, signal));
      return connection;
    } catch (error) {
      this.#drop(connection);
      throw error;
    }
  }

  async #password(): Promise<string> {
    const { password, bindName } = this.#options;
    const text = typeof password === 'function' ? await password() : password;
    if (text === '' || bindName === '') {
      throw new AgentError(
        'configurationInvalid',
        `Expected a name and a password for ${this.name}, found one of them empty: an empty password binds as ` +
          'nobody, with success, and shows an almost empty directory. Set both.',
      );
    }
    return text;
  }

  async #identify(connection: LdapConnection, signal: AbortSignal): Promise<Identity> {
    const root = await readEntry(connection, '', ['dsServiceName', 'defaultNamingContext'], [], signal);
    const service = root && textOf(root, 'dsservicename');
    const domain = root && textOf(root, 'defaultnamingcontext');
    const settings = service && (await readEntry(connection, service, ['invocationId'], [], signal));
    const bytes = settings && settings.attributes.get('invocationid')?.[0];
    const invocationId = bytes && guidFromBytes(bytes);
    if (!domain || !invocationId) {
      throw new AgentError(
        'directoryRefused',
        `Expected ${this.name} to be a domain controller of Active Directory that tells the id of its database ` +
          '(invocationId of its NTDS Settings), found none. Name a domain controller, and let the account read Configuration.',
      );
    }
    return { invocationId, domain };
  }

  #checkIdentity(found: Identity): void {
    const known = (this.#identity ??= found);
    if (known.invocationId === found.invocationId && known.domain === found.domain) return;
    throw new AgentError(
      'directoryRefused',
      `Expected ${this.name} to lead to the database ${known.invocationId} of ${known.domain} as before, found ` +
        `${found.invocationId} of ${found.domain}. Two databases are never equal at one time, so a search must not go on in ` +
        'another: name one domain controller, not the domain or a load balancer. If the domain controller was restored, run again.',
    );
  }

  async #wait(attempt: number, signal: AbortSignal): Promise<void> {
    const most = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (attempt - 1));
    try {
      // At least half of it: who comes back at once meets the same restart.
      await this.#patience.wait((most + this.#patience.random() * most) / 2, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  #refused(what: string, fault: LdapFault): AgentError {
    return new AgentError(
      'directoryRefused',
      `Expected to read ${what} from ${this.name}. The domain controller, or this agent, refuses: ${fault.message}.`,
      { cause: fault },
    );
  }

  #unavailable(what: string, attempts: number, fault: LdapFault): AgentError {
    return new AgentError(
      'directoryUnavailable',
      `Expected to read ${what} from ${this.name}, found no way to its end in ${attempts} attempts. ` +
        `The last one: ${fault.message}. Check the domain controller and the network, then run again.`,
      { cause: fault },
    );
  }
}
