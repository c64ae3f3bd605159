import { cloudNames } from './clouds';
import { catalogue, identityTitles } from './permissions';

/** What grant does with the account's rights, and what its exit code says. */
export const exitCodes = {
  0: 'everything is as wanted, or the plan was printed (--what-if, or --undo without --yes)',
  1: 'it was stopped on the way, or Microsoft Graph did not answer: the same command again goes on from there',
  2: 'nothing was written: options, sign-in, tenant, or something that was expected is not there',
  3: 'the signed-in account lacks a right; the message names the directory role that has it',
} as const;
export type ExitCode = keyof typeof exitCodes;

const optionalLines = catalogue
  .filter(({ need }) => need.kind === 'optional')
  .map(
    ({ identity, permission, reason }) =>
      `                        ${permission} (${identityTitles[identity]}): ${reason}`,
  );

export const help = `Usage: npm run grant -- [options]

Makes, or brings up to date, the app registration of the API and the permissions of the managed identities in Microsoft Graph. It
prints its plan first, and writes only what is not as wanted. It acts as whoever is signed in to the Azure CLI (az login).

  --tenant <id>         the tenant that is expected: TENANT_ID or AZURE_TENANT_ID
  --cloud <name>        ${cloudNames.join(', ')}; default: what "az cloud show" says: GRANT_CLOUD
  --phase <phase>       pre: the app registration only, before the resources are there; sets AUTH_AUDIENCE and AUTH_ISSUER in
                        azd's environment. post: registration and permissions. all (default): the same, and prints the values
  --name <name>         of the deployment, where a tenant has several: AZURE_ENV_NAME
  --page <address>      where the review page is, also several times: REVIEW_PAGE_URL (separated by commas)
  --scan-reader <id>    client id of the identity that scans: SCAN_READER_CLIENT_ID
  --review-reader <id>  client id of the identity with which the review reads: REVIEW_READER_CLIENT_ID
  --deleter <id>        client id of the identity that deletes: DELETER_CLIENT_ID
  --types <list>        what may be deleted: user,group,contact,device, or none: GRANT_TYPES. Each type brings its own permission;
                        for contacts there is none. A narrower list takes away what it no longer needs. Not given: the deleter's
                        permissions stay as they are
  --quarantine          also what blocking users takes; with --types only: GRANT_QUARANTINE=true
  --optional <list>     permissions that the app does without, or none: GRANT_OPTIONAL. Not given: they stay as they are
${optionalLines.join('\n')}
  --what-if             prints the plan and writes nothing
  --undo                plans to remove the permissions of the named identities and the registration; --yes does it
  --yes                 with --undo: removes
  --help                this text

Examples:
  npm run grant -- --phase pre --tenant 3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d --what-if
  npm run grant -- --tenant <id> --scan-reader <id> --review-reader <id>                   report only: nothing can be deleted
  npm run grant -- --tenant <id> --scan-reader <id> --review-reader <id> --deleter <id> --types user,device --quarantine
  npm run grant -- --tenant <id> --scan-reader <id> --review-reader <id> --optional AuditLog.Read.All
  npm run grant -- --tenant <id> --scan-reader <id> --review-reader <id> --deleter <id> --undo --yes

Exit codes:
${Object.entries(exitCodes)
  .map(([code, meaning]) => `  ${code}  ${meaning}`)
  .join('\n')}

Rights that it takes: Cloud Application Administrator for the registration; Privileged Role Administrator for permissions of
Microsoft Graph (Application Administrator is not enough). The same steps as az commands: docs/permissions.md.
`;
