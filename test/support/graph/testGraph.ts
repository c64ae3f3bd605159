import { createCertificateAuthority } from '../tls';
import { createTokenIssuer, type AccessTokenRequest } from '../tokenIssuer';
import { trustAuthority } from '../trust';
import { createDirectory, type DirectoryContent } from './directory';
import { startGraphStandIn, type GraphStandIn, type GraphStandInOptions } from './standIn';

export const tenantId = '11111111-2222-4333-8444-555555555555';
export const appId = 'aaaaaaaa-0000-4000-8000-000000000001';
export const organization = {
  id: tenantId,
  displayName: 'Contoso',
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: '2026-01-01T00:00:00Z',
};

/** The id of the n-th object; ids grow with n. */
export const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: GraphBody | undefined;
}

export interface GraphBody {
  readonly '@odata.context'?: string;
  readonly '@odata.count'?: number;
  readonly '@odata.nextLink'?: string;
  readonly value?: readonly Record<string, unknown>[];
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly innerError: Record<string, string>;
  };
}

/** A stand-in with a client for its tests. */
export interface TestGraph {
  readonly graph: GraphStandIn;
  token(change?: Partial<AccessTokenRequest>): Promise<string>;
  /** GET with a reader's token; `address` is absolute, or relative to /v1.0/. */
  get(address: string, headers?: Readonly<Record<string, string>>, init?: RequestInit): Promise<Answered>;
  stop(): Promise<void>;
}

export const eventual = { consistencylevel: 'eventual' };
export const readerRoles = [
  'User.Read.All',
  'Group.Read.All',
  'OrgContact.Read.All',
  'Device.Read.All',
  'Organization.Read.All',
];

export async function startTestGraph(
  content: Partial<DirectoryContent> = {},
  options: Partial<GraphStandInOptions> = {},
): Promise<TestGraph> {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const issuer = await createTokenIssuer({ tenantId });
  const graph = await startGraphStandIn({
    certificate: await authority.issue(),
    issuer,
    tenantId,
    directory: createDirectory({ organization, ...content }),
    ...options,
  });
  const token: TestGraph['token'] = change =>
    issuer.sign({ audience: graph.endpoint, appId, objectId: appId, roles: readerRoles, ...change });
  const readerToken = await token();
  return {
    graph,
    token,
    async get(address, headers = {}, init = {}) {
      const response = await fetch(new URL(address, `${graph.endpoint}/v1.0/`), {
        headers: { authorization: `Bearer ${readerToken}`, ...headers },
        redirect: 'error',
        ...init,
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: parsed(text) };
    },
    stop: () => graph.stop(),
  };
}

function parsed(text: string): GraphBody | undefined {
  try {
    return JSON.parse(text) as GraphBody;
  } catch {
    return undefined;
  }
}
