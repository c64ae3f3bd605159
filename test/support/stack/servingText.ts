import { randomUUID } from 'node:crypto';
import { sampleUsers } from '../openIdProvider/sampleIdentities';
import { apiCalls } from './apiCalls';
import type { Stack } from './stack';

/** A candidate as the API lists it, for the lines that approve and delete it. */
export interface SampleCandidate {
  readonly type: string;
  readonly id: string;
  readonly etag: string;
  readonly evidenceHash: string;
}

export interface Serving {
  /** Of the part review, without a slash at the end. */
  readonly url: string;
  readonly scan: { readonly url: string; readonly masterKey: string };
  readonly tableEndpoint: string;
  readonly graphEndpoint: string;
  /** `<desk>/<user>` answers with a token. */
  readonly deskUrl: string;
  /** A user, who can be approved without typing a name; null: there is none. */
  readonly candidate: SampleCandidate | null;
  readonly deletionAllowed: boolean;
}

export const addressesOf = ({
  reviewing,
  worker,
  azurite,
  graph,
}: Stack): Pick<Serving, 'url' | 'scan' | 'tableEndpoint' | 'graphEndpoint'> => ({
  url: reviewing.worker.url,
  scan: { url: worker.url, masterKey: worker.masterKey },
  tableEndpoint: azurite.tableEndpoint,
  graphEndpoint: graph.endpoint,
});

/** The first user of the API's list of candidates that nobody has decided about. */
export async function firstUser({ reviewing }: Stack): Promise<SampleCandidate | null> {
  const { json: page } = await apiCalls(reviewing)<{
    readonly items: readonly { readonly facts: Omit<SampleCandidate, 'etag'>; readonly etag: string }[];
  }>('reader', 'GET', '/candidates?status=candidate&type=user&decision=none&limit=1');
  const [first] = page.items;
  return first ? { ...first.facts, etag: first.etag } : null;
}

const authorized = (user: string): string => `-H "Authorization: Bearer $${user.toUpperCase()}"`;
const json = "-H 'Content-Type: application/json'";

/** What can be typed into a second terminal (bash), as it is: one line after the other. */
export function sampleCommands({ url, deskUrl, candidate, deletionAllowed }: Serving): readonly string[] {
  const api = `${url}/api`;
  const commands = [
    `READER=$(curl -s ${deskUrl}/reader); APPROVER=$(curl -s ${deskUrl}/approver); DELETER=$(curl -s ${deskUrl}/deleter)`,
    `curl -s ${authorized('reader')} '${api}/candidates?status=candidate&limit=3'`,
  ];
  if (candidate === null) return commands;
  const { type, id, etag, evidenceHash } = candidate;
  const body = JSON.stringify({ callId: randomUUID(), confirmation: '1', ids: [{ type, id }] });
  return [
    ...commands,
    `curl -s ${authorized('reader')} ${api}/explain/${type}/${id}`,
    `curl -s ${authorized('approver')} ${json} -H 'If-Match: ${etag}' -d '{"evidenceHash":"${evidenceHash}"}' ${api}/candidates/${type}/${id}/approve`,
    ...(deletionAllowed
      ? [
          `curl -s ${authorized('deleter')} ${json} -d '${body}' ${api}/deletions`,
          `curl -s ${authorized('deleter')} ${json} -d '{}' ${api}/candidates/${type}/${id}/restore`,
        ]
      : []),
  ];
}

const deletionOff = `Deletion is off, as it is by default (ROLLOUT_STAGE is reportOnly). To try it as well: npm start -- --allow-deletion`;
const deletionOn = `Deletion is on. The first call that deletes is refused: no export was begun after the approval yet. The agents are asked for one,
and make it within seconds; then the same line again deletes. Everything happens in the Graph stand-in.`;

/** What `npm start` says when the app is up. */
export function servingText(serving: Serving): string {
  const { url, scan, tableEndpoint, graphEndpoint, deskUrl, deletionAllowed } = serving;
  const users = Object.entries(sampleUsers).map(
    ([name, { login, roles }]) => `  ${name.padEnd(9)} ${login.padEnd(22)} ${roles.join(', ') || 'no role'}`,
  );
  return [
    '',
    'Serving until Ctrl-C.',
    `  the API         ${url}/api      (docs/http-api.md; ${url}/api/health needs no token)`,
    `  a token         curl -s ${deskUrl}/<user>`,
    `  scan again      curl -X POST -H 'x-functions-key: ${scan.masterKey}' -H 'content-type: application/json' -d '{"input":""}' ${scan.url}/admin/functions/nightlyScan`,
    `  tables          ${tableEndpoint}`,
    `  Graph stand-in  ${graphEndpoint}/v1.0`,
    '',
    'Sample users, who sign in without a password:',
    ...users,
    '',
    'In a second terminal:',
    '',
    ...sampleCommands(serving).map(line => `  ${line}`),
    '',
    deletionAllowed ? deletionOn : deletionOff,
    '',
  ].join('\n');
}
