import type { AgentConfiguration } from '../io/configuration';
import { localFiles } from '../io/files/fileSystem';
import { activateNextKey, generateKey, rotateKey } from '../io/keys/keygen';
import type { CommandContext } from './context';

export interface KeygenArguments {
  readonly keyId: string | null;
  readonly step: 'first' | 'rotate' | 'activate';
}

/** `keygen`: makes, replaces or takes into use the key that signs, and prints what the app needs of it. */
export async function keygen(
  { signingKeyFile, source }: AgentConfiguration,
  { keyId, step }: KeygenArguments,
  { clock, print }: CommandContext,
): Promise<void> {
  const options = {
    files: localFiles,
    file: signingKeyFile,
    source,
    now: clock.now(),
    ...(keyId !== null && { keyId }),
  };
  const steps = { first: generateKey, rotate: rotateKey, activate: activateNextKey };
  const { key, exportSources } = await steps[step](options);
  print(`Key ${key.keyId}`);
  print(`Public key ${key.publicKey}`);
  print(`EXPORT_SOURCES ${exportSources}`);
  print(nextSteps[step]);
}

const nextSteps = {
  first: "Put the element of EXPORT_SOURCES into the app's setting, beside those of other sources.",
  rotate:
    'The old key goes on signing. Put both keys into EXPORT_SOURCES; once the app has them, run keygen --activate.',
  activate:
    'The new key signs from now on. Once its first export is accepted, leave only it in EXPORT_SOURCES.',
} as const;
