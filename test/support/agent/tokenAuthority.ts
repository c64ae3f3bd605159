import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { ServerCertificate } from '../tls';
import type { TokenIssuer } from '../tokenIssuer';

/** An application that may ask for tokens, and the certificate (PEM) that it proves itself with. */
export interface RegisteredApplication {
  readonly clientId: string;
  readonly objectId: string;
  readonly certificate: string;
  /** Resources that it may get tokens for. */
  readonly resources: readonly string[];
}

export interface TokenAuthority {
  /** The origin, for `authorityHost`. */
  readonly host: string;
  /** Each request: method and path, and the error code or `ok`. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

export interface TokenAuthorityOptions {
  readonly certificate: ServerCertificate;
  readonly issuer: TokenIssuer;
  readonly applications: readonly RegisteredApplication[];
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const lifetimeSeconds = 3600;
/** Entra ID refuses assertions that live much longer. */
const longestAssertionSeconds = 10 * 60;
/** MSAL rounds the time to whole seconds, up as well as down; Entra ID tolerates minutes. */
const toleranceSeconds = 1;

type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/**
 * An authority of Microsoft's identity platform that gives an application a token for its signed assertion, and is strict about it.
 * Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#second-case-access-token-request-with-a-certificate
 * and https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
export async function startTokenAuthority({
  certificate,
  issuer,
  applications,
}: TokenAuthorityOptions): Promise<TokenAuthority> {
  const asked: string[] = [];
  const usedAssertions = new Set<string>();
  const server = https.createServer(certificate, (request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tenant = `${host}/${issuer.tenantId}`;
  const tokenEndpoint = `${tenant}/oauth2/v2.0/token`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', host);
    const { status, body } = await answerTo(request, `${host}${url.pathname}`);
    asked.push(
      `${request.method} ${url.pathname} ${typeof body['error'] === 'string' ? body['error'] : 'ok'}`,
    );
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(body));
  }

  async function answerTo(request: IncomingMessage, address: string): Promise<Answer> {
    if (request.method === 'GET' && address === `${tenant}/v2.0/.well-known/openid-configuration`)
      return { status: 200, body: metadata };
    if (request.method !== 'POST' || address !== tokenEndpoint)
      return refusal(404, 'not_found', 'no such address');
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    return tokenFor(new URLSearchParams(Buffer.concat(chunks).toString()));
  }

  async function tokenFor(form: URLSearchParams): Promise<Answer> {
    if (form.get('grant_type') !== 'client_credentials')
      return refusal(400, 'unsupported_grant_type', 'AADSTS70003: the grant type is not supported');
    const application = applications.find(one => one.clientId === form.get('client_id'));
    if (application === undefined)
      return refusal(400, 'unauthorized_client', 'AADSTS700016: the application was not found in the tenant');
    const resource = application.resources.find(one => `${one}/.default` === form.get('scope'));
    if (resource === undefined)
      return refusal(
        400,
        'invalid_scope',
        'AADSTS70011: the scope is not valid: <resource>/.default is expected',
      );
    const problem = await assertionProblem(form, application);
    if (problem !== null) return refusal(401, 'invalid_client', problem);
    return {
      status: 200,
      body: {
        token_type: 'Bearer',
        expires_in: lifetimeSeconds,
        access_token: await issuer.sign({
          audience: resource,
          appId: application.clientId,
          objectId: application.objectId,
          lifetimeSeconds,
        }),
      },
    };
  }

  async function assertionProblem(
    form: URLSearchParams,
    application: RegisteredApplication,
  ): Promise<string | null> {
    const { clientId, certificate: pem } = application;
    const registered = new X509Certificate(pem);
    const assertion = form.get('client_assertion') ?? '';
    if (form.get('client_assertion_type') !== assertionType)
      return 'AADSTS7000218: client_assertion or client_secret is missing';
    try {
      const header = decodeProtectedHeader(assertion);
      const thumbprint = header.alg === 'PS256' ? header['x5t#S256'] : header['x5t'];
      const expected = createHash(header.alg === 'PS256' ? 'sha256' : 'sha1')
        .update(registered.raw)
        .digest('base64url');
      if (thumbprint !== expected)
        return 'AADSTS700027: no certificate of the application has this thumbprint';
      const { payload } = await jwtVerify(assertion, registered.publicKey, {
        algorithms: ['PS256', 'RS256'],
        audience: tokenEndpoint,
        issuer: clientId,
        subject: clientId,
        clockTolerance: toleranceSeconds,
        requiredClaims: ['exp', 'nbf', 'jti'],
      });
      if ((payload.exp ?? Infinity) - Date.now() / 1000 > longestAssertionSeconds + toleranceSeconds)
        return 'AADSTS700024: the assertion lives too long';
      // An assertion proves itself once.
      if (usedAssertions.has(String(payload.jti))) return 'AADSTS700024: the assertion was used before';
      usedAssertions.add(String(payload.jti));
      return null;
    } catch (error) {
      return `AADSTS700027: the assertion is not valid: ${(error as Error).message}`;
    }
  }

  const metadata = {
    issuer: `${tenant}/v2.0`,
    authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: tokenEndpoint,
    jwks_uri: `${tenant}/discovery/v2.0/keys`,
  };

  return {
    host,
    asked,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const refusal = (status: number, error: string, description: string): Answer => ({
  status,
  body: { error, error_description: description },
});
