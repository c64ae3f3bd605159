import { readFileSync } from 'node:fs';
import { createLdapDirectory } from '../../agent/src/io/ldap/ldapDirectory';

/** The agent's search of a domain alone: what `prove:agent` holds against ldapsearch. Arguments: JSON of the domain controller, attributes. */
async function main(): Promise<void> {
  const [given, ...attributes] = process.argv.slice(2);
  const { caFile, ...controller } = JSON.parse(given ?? '') as {
    url: string;
    bindName: string;
    password: string;
    caFile: string;
  };
  const directory = createLdapDirectory({
    domainControllers: [{ ...controller, ca: readFileSync(caFile, 'utf8') }],
    attempts: 1,
    connectTimeoutMs: 20_000,
    inactivityTimeoutMs: 120_000,
  });
  const signal = new AbortController().signal;
  await directory.describe(signal);
  const started = performance.now();
  let objects = 0;
  await directory.readObjects(
    0,
    attributes,
    async page => {
      objects += page.length;
    },
    signal,
  );
  await directory.close();
  process.stdout.write(JSON.stringify({ objects, seconds: (performance.now() - started) / 1000 }));
}

void main();
