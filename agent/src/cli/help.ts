import type { CommandName } from './commandLine';

const general = `Usage: entra-orphans-agent <command> [options]

Exports an Active Directory for entra-orphans: completely, or not at all.

Commands
  check     connects, and says what stands in the way of an export and what would be exported; writes nothing
  export    reads the directory and writes a signed export, without uploading it
  run       what a scheduler starts: finishes an upload that broke off, answers the app's requests, exports, uploads
  keygen    makes the key pair that signs the exports, and prints its public half for the app

  <command> --help    the command's options
  --version           the agent's version

The configuration is JSON with comments, ./entra-orphans-agent.json unless --config names another file. A variable of the
environment such as ENTRA_ORPHANS_AGENT__upload__blobEndpoint replaces a value of it.

Exit codes
  0    done
  1    a fault of the agent itself
  2    the command line or the configuration is wrong
  3    no domain controller answered, or one that must not be read
  4    what was read is not proved to be all: nothing was uploaded
  5    objects vanished unexplained, more than the limit: nothing was uploaded
  6    the upload did not finish; the next run resumes it
  7    the agent's own state is damaged, or another agent uses it
  8    LDIF files that can not be used
  130  interrupted
`;

const ldif = `  --ldif PATH              read LDIF files in place of a domain controller: a folder for each domain (docs/ldif.md); may be
                           given several times
`;
const config = `  --config FILE            the configuration (default ./entra-orphans-agent.json)
`;
const repair = `  --follow MANIFEST        the state was lost: the next export follows the one with this manifest.json
  --discard-waiting        throw away an export that waits and can not be delivered
`;
const accept = `  --accept-unexplained N   upload although exactly N objects are unexplained: the number that the refusal named
`;

const texts: Readonly<Record<CommandName, string>> = {
  check: `Usage: entra-orphans-agent check [options]

Reads the directory as an export would, with every check, and writes nothing: who was asked, what would be exported, whether the
canaries are seen, what the account may not see, and how to grant it. Ends with 0 where an export would be made.

${config}${ldif}`,
  export: `Usage: entra-orphans-agent export [options]

Reads the directory and writes a signed export into the state directory, from where the next "run" uploads it.

${config}${ldif}  --out DIRECTORY          write it there, to be carried to the container "exports" by other means; counts as uploaded
${accept}${repair}`,
  run: `Usage: entra-orphans-agent run [options]

Finishes an upload that broke off, answers the app's requests (a fresh export, a synchronisation), reads the directory, signs and
uploads. Start it from a scheduler.

${config}${ldif}  --if-due                 export only where the app has asked for it or the last export is older than "exportEveryHours": for
                           a schedule of every ten minutes
${accept}${repair}`,
  keygen: `Usage: entra-orphans-agent keygen [options]

Makes the Ed25519 key pair that signs this source's exports, in the file that "signingKeyFile" names, and prints the public key
and the line for the app's setting EXPORT_SOURCES.

${config}  --key-id ID              the key's name (default: today's date and four letters)
  --rotate                 make the next key, beside the one in use, which goes on signing
  --activate               take the next key into use, once the app knows it
`,
};

/** The text of `--help`; of one command where it is named. */
export const helpText = (of: CommandName | null): string => (of === null ? general : texts[of]);
