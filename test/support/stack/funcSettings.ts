import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sampleSettings } from './sampleSettings';
import type { Services } from './services';

/** A local.settings.json that was written, and how to go on. */
export interface FuncSettings {
  readonly instructions: string;
  remove(): Promise<void>;
}

/**
 * Writes local.settings.json for the Azure Functions Core Tools, which then run the app against the given services. Refuses to
 * overwrite one that is there.
 */
export async function writeFuncSettings(directory: string, services: Services): Promise<FuncSettings> {
  const { settings, platform, azurite } = services;
  const file = path.join(directory, 'local.settings.json');
  const values = {
    ...sampleSettings(),
    ...settings,
    ...platform,
    // The host's own storage: by identity, like the app's. It replaces the sample's connection string.
    AzureWebJobsStorage: undefined,
    AzureWebJobsStorage__blobServiceUri: azurite.blobEndpoint,
    AzureWebJobsStorage__queueServiceUri: azurite.queueEndpoint,
    AzureWebJobsStorage__tableServiceUri: azurite.tableEndpoint,
    AzureWebJobsStorage__credential: 'managedidentity',
    AzureWebJobsStorage__clientId: settings['READER_CLIENT_ID'],
  };
  try {
    await writeFile(file, `${JSON.stringify({ IsEncrypted: false, Values: values }, null, 2)}\n`, {
      flag: 'wx',
      mode: 0o600,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(`${file} exists already, and is not overwritten: move it away, then run this again.`, {
      cause: error,
    });
  }
  return {
    remove: () => rm(file, { force: true }),
    instructions: [
      'Wrote local.settings.json (it is removed at the end). In another terminal, in this folder:',
      '',
      // .NET, which the host is written in, and Node each have a variable of their own for a certificate authority.
      `  SSL_CERT_FILE=${platform.NODE_EXTRA_CA_CERTS} NODE_EXTRA_CA_CERTS=${platform.NODE_EXTRA_CA_CERTS} func start`,
      '',
      'and then, to run the scan at once:',
      '',
      `  curl -X POST -H 'content-type: application/json' -d '{"input":""}' http://localhost:7071/admin/functions/nightlyScan`,
    ].join('\n'),
  };
}
