import { differs, holds, notChecked, type CheckOutcome } from '../tenantChecks/checkOutcome';

/** What came of a request from outside. `code`: why there was no answer, as ECONNREFUSED. */
export type OutsideAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly location: string | null }
  | { readonly kind: 'failed'; readonly code: string };

/** Where nobody takes a connection. A name that nobody knows, or a certificate that is not trusted, says nothing about that. */
const noConnection: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
  'TimeoutError',
]);
const textOf = (answer: OutsideAnswer): string =>
  answer.kind === 'answered' ? `status ${answer.status}` : `no answer (${answer.code})`;

/** Whether a request that must not be believed was refused: 401 and nothing else. 403 would mean that somebody believed who calls. */
export function judgeRefused(what: string, answer: OutsideAnswer): CheckOutcome {
  const found = `${what}: ${textOf(answer)}`;
  if (answer.kind === 'failed') return notChecked('the app could not be reached', found);
  if (answer.status === 401) return holds(found);
  const why =
    answer.status >= 500
      ? 'the app fails instead of refusing: its log says why (health names settings that are wrong)'
      : 'nobody may be let in by this: set ROLLOUT_STAGE to reportOnly, stop the app, and compare AUTH_… and the deployed package';
  return differs(found, `401 was expected; ${why}`);
}

/** Whether the main site of the app that scans is closed to everybody: 403, or no connection at all. */
export function judgeClosed(answer: OutsideAnswer): CheckOutcome {
  const found = textOf(answer);
  if (answer.kind === 'failed')
    return noConnection.has(answer.code)
      ? holds(found)
      : notChecked('the app was not found there: check --scan-url', found);
  if (answer.status === 403) return holds(found);
  return differs(
    found,
    '403 or no connection was expected: the main site of the app that scans must be closed (ipSecurityRestrictionsDefaultAction Deny): azd provision',
  );
}

/** Whether nothing is answered in the clear: a redirection to https, a refusal, or no connection. */
export function judgePlainHttp(answer: OutsideAnswer): CheckOutcome {
  const found = textOf(answer);
  if (answer.kind === 'failed')
    return noConnection.has(answer.code) ? holds(found) : notChecked('the app was not found there', found);
  const { status, location } = answer;
  if (status >= 300 && status < 400 && location !== null && /^https:/i.test(location))
    return holds(`${found}, led to https`);
  if (status === 403) return holds(found);
  return differs(found, 'a redirection to https, or no connection, was expected: set httpsOnly on the app');
}

/** What came of two TLS handshakes; `code`: why one failed. */
export interface Handshakes {
  readonly old: { readonly kind: 'agreed' | 'refused' | 'notTried'; readonly code: string };
  readonly today:
    | { readonly kind: 'agreed'; readonly protocol: string }
    | { readonly kind: 'failed'; readonly code: string };
}

/** TLS 1.2 or newer, with a certificate that this machine trusts, and nothing older. */
export function judgeTls({ old, today }: Handshakes): CheckOutcome {
  if (today.kind === 'failed')
    return /CERT|ALTNAME|SELF_SIGNED|UNABLE_TO/.test(today.code)
      ? differs(`certificate: ${today.code}`, 'a certificate that this machine trusts was expected')
      : notChecked(`no connection (${today.code})`);
  const found = `${today.protocol}; TLS 1.1: ${old.kind}`;
  if (old.kind === 'agreed')
    return differs(found, 'TLS 1.2 or newer alone was expected: set minTlsVersion to 1.2 on the app');
  return old.kind === 'refused'
    ? holds(found)
    : notChecked(`TLS 1.1 cannot be tried here (${old.code})`, found);
}
