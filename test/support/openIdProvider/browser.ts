import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

/** What a browser remembers for one visit. Paths of cookies do not count: there is one site only. */
class Cookies {
  readonly #values = new Map<string, string>();
  get header(): string {
    return Array.from(this.#values, ([name, value]) => `${name}=${value}`).join('; ');
  }
  keep(answer: Response): void {
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined) continue;
      if (value) this.#values.set(name, value);
      else this.#values.delete(name);
    }
  }
}

export interface SignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** Which button of the sign-in page. */
  readonly userId: string;
}

const metadataSchema = z.object({ authorization_endpoint: z.url(), token_endpoint: z.url() });
const tokensSchema = z.object({ access_token: z.string(), id_token: z.string(), refresh_token: z.string() });
export type Tokens = Readonly<z.infer<typeof tokensSchema>>;

/** Signs a user in as a page does: authorization code with PKCE, through the provider's own sign-in page. */
export async function signInAs({ issuer, clientId, redirectUri, scope, userId }: SignIn): Promise<Tokens> {
  const metadata = metadataSchema.parse(
    await (await fetch(`${issuer}/.well-known/openid-configuration`)).json(),
  );
  const verifier = randomBytes(32).toString('base64url');
  const authorization = new URL(metadata.authorization_endpoint);
  authorization.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
  }).toString();
  const returned = await follow(authorization, redirectUri, userId);
  const code = returned.searchParams.get('code');
  if (code === null) throw new Error(`The provider returned no code: ${returned.search}`);
  const answer = await fetch(metadata.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }),
  });
  if (!answer.ok) throw new Error(`The provider gave no token: ${await answer.text()}`);
  return tokensSchema.parse(await answer.json());
}

/** Follows redirects and fills in the sign-in page, until the provider leads back to the page. */
async function follow(from: URL, redirectUri: string, userId: string): Promise<URL> {
  const cookies = new Cookies();
  let url = from;
  let form: URLSearchParams | null = null;
  for (let steps = 0; steps < 10; steps++) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: cookies.header },
      ...(form ? { method: 'POST', body: form } : {}),
    });
    cookies.keep(answer);
    const location = answer.headers.get('location');
    const page = await answer.text();
    if (location === null) {
      if (form || !answer.ok) throw new Error(`The provider answered ${answer.status}: ${page}`);
      if (!page.includes(`value="${userId}"`)) throw new Error('The sign-in page does not offer the user.');
      form = new URLSearchParams({ user: userId });
      continue;
    }
    form = null;
    url = new URL(location, url);
    if (url.href.startsWith(redirectUri)) return url;
  }
  throw new Error('The provider redirects without end.');
}
