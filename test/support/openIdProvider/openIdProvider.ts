import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { z } from 'zod';
import type { ServerCertificate } from '../tls';
import { signInAs, type Tokens } from './browser';
import { applicationClaims, personClaims, type Claims } from './entraClaims';
import { forge, newSigningKey, type Forgery } from './forger';
import type { FromProvider, PublishedKeys, ToProvider } from './messages';
import {
  pageClientId,
  sampleApplication,
  sampleGuid,
  sampleUsers,
  type SampleUserName,
} from './sampleIdentities';

export interface OpenIdProviderOptions {
  readonly certificate: ServerCertificate;
  readonly tenantId: string;
  /** Where the page may be led back to. */
  readonly redirectUris?: readonly string[];
  /** Default: any. */
  readonly port?: number;
}

/** An OpenID provider on loopback, over TLS, which issues access tokens for the API in the shape of Entra's. */
export interface OpenIdProvider {
  readonly issuer: string;
  readonly audience: string;
  readonly tenantId: string;
  /** The app's settings for it. */
  readonly settings: Readonly<Record<'AUTH_ISSUER' | 'AUTH_AUDIENCE' | 'AUTH_SCOPE', string>>;
  /** For the page: its client id, and the scope that it asks for. */
  readonly page: { readonly clientId: string; readonly scope: string };
  /** Signs a sample user in through the provider's own pages. */
  signIn(user: SampleUserName): Promise<Tokens>;
  /** The application's access token, by client credentials. */
  applicationToken(): Promise<string>;
  /** Signs with a new key from now on. The old ones stay published until `removeOldKeys`. */
  rotateKey(): Promise<void>;
  removeOldKeys(): Promise<void>;
  /** The claims of a good token, issued now. */
  claimsOf(who: SampleUserName | 'application'): Claims;
  /** A token of any claims: for tests that try to get in. */
  forge(claims: Claims, forgery?: Forgery, header?: Claims): string;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

const scopeName = 'access_as_user';
const keptOutput = 16 * 1024;
const startLimitMs = 60_000;
const tokenSchema = z.object({ access_token: z.string() });

/** Throws with the provider's own output where it does not start. Its certificate's authority must be trusted by this process. */
export async function startOpenIdProvider({
  certificate,
  tenantId,
  redirectUris = ['http://127.0.0.1:7071/'],
  port = 0,
}: OpenIdProviderOptions): Promise<OpenIdProvider> {
  const audience = sampleGuid('api');
  const secret = randomUUID();
  let keys: PublishedKeys = [newSigningKey()];
  const provider = startProcess();
  const listening = await provider.ask({
    kind: 'start',
    keys,
    options: {
      certificate,
      port,
      tenantId,
      audience,
      scope: scopeName,
      pageClientId,
      redirectUris,
      users: Object.values(sampleUsers),
      application: { ...sampleApplication, secret },
    },
  });
  if (listening.kind !== 'listening') throw new Error(`Unexpected answer: ${listening.kind}`);
  const issuer = `https://127.0.0.1:${listening.port}/${tenantId}/v2.0`;
  const page = {
    clientId: pageClientId,
    scope: `openid profile offline_access api://${audience}/${scopeName}`,
  };

  async function publish(next: PublishedKeys): Promise<void> {
    await provider.ask({ kind: 'keys', keys: next });
    keys = next;
  }

  return {
    issuer,
    audience,
    tenantId,
    settings: { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_SCOPE: scopeName },
    page,
    signIn: user =>
      signInAs({
        issuer,
        clientId: page.clientId,
        redirectUri: redirectUris[0] ?? '',
        scope: page.scope,
        userId: sampleUsers[user].objectId,
      }),
    async applicationToken() {
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: sampleApplication.clientId,
          client_secret: secret,
          scope: `api://${audience}/.default`,
        }),
      });
      if (!answer.ok) throw new Error(`The provider gave no token: ${await answer.text()}`);
      return tokenSchema.parse(await answer.json()).access_token;
    },
    rotateKey: () => publish([newSigningKey(), ...keys]),
    removeOldKeys: () => publish([keys[0]]),
    claimsOf(who) {
      const now = Math.floor(Date.now() / 1000);
      const times = { iat: now, nbf: now, exp: now + 3600 };
      const issuing = { issuer, audience, tenantId };
      return who === 'application'
        ? applicationClaims(issuing, times, sampleApplication)
        : personClaims(issuing, times, sampleUsers[who], { clientId: pageClientId, scopes: scopeName });
    },
    forge: (claims, forgery = 'theKey', header = {}) => forge(keys[0], claims, forgery, header),
    stop: () => provider.stop(),
  };
}

interface ProviderProcess {
  ask(message: ToProvider): Promise<FromProvider>;
  stop(): Promise<void>;
}

function startProcess(): ProviderProcess {
  // The sources in Jest, the built file in the stack.
  const extension = path.extname(__filename);
  const fixture = path.join(__dirname, '..', 'functionsHost', 'fixtures', 'requireTypeScript.cjs');
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const child = fork(path.join(__dirname, `providerProcess${extension}`), {
    execArgv: extension === '.ts' ? ['--require', fixture] : [],
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = lastOutputOf(child);
  const ended = once(child, 'exit');
  ended.catch(() => undefined);
  return {
    async ask(message) {
      const answered = once(child, 'message', { signal: AbortSignal.timeout(startLimitMs) });
      answered.catch(() => undefined);
      child.send(message);
      const gone = ended.then(() => {
        throw new Error(`The OpenID provider ended by itself:\n${output()}`);
      });
      const [answer] = (await Promise.race([answered, gone])) as [FromProvider];
      return answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      if (child.exitCode === null && child.signalCode === null) await ended;
    },
  };
}

/** Drains both streams for as long as the process lives and remembers the end of what they said. */
function lastOutputOf(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-keptOutput);
    });
  return () => text;
}
