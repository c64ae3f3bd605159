import { readFile } from 'node:fs/promises';
import type { Directory } from '../app/ports';
import { AgentError } from '../core/agentError';
import type { AgentConfiguration, DomainControllerConfiguration } from '../io/configuration';
import { createLdapDirectory } from '../io/ldap/ldapDirectory';
import type { DomainControllerOptions } from '../io/ldap/domainControllerLink';
import { createLdifDirectory } from '../io/ldif/ldifDirectory';
import { readPassword } from '../io/password';
import type { CommandContext } from './context';

/** The directory that a command reads: the configured domain controllers, or LDIF files in their place. */
export async function openDirectory(
  configuration: AgentConfiguration,
  ldif: readonly string[],
  context: CommandContext,
): Promise<Directory> {
  if (ldif.length > 0) return createLdifDirectory({ paths: ldif, clock: context.clock });
  const { domainControllers, limits } = configuration;
  const opened: DomainControllerOptions[] = [];
  for (const controller of domainControllers) opened.push(await domainControllerOptions(controller, context));
  return createLdapDirectory({
    domainControllers: opened,
    attempts: limits.attempts,
    connectTimeoutMs: limits.connectSeconds * 1000,
    inactivityTimeoutMs: limits.silenceSeconds * 1000,
  });
}

async function domainControllerOptions(
  controller: DomainControllerConfiguration,
  { environment, terminal, progress }: CommandContext,
): Promise<DomainControllerOptions> {
  const { url, bindName, startTls, certificateAuthorityFile, dangerouslyAcceptAnyCertificate, passwordFrom } =
    controller;
  if (dangerouslyAcceptAnyCertificate)
    progress.warn(
      `${url}: "dangerouslyAcceptAnyCertificate" is on. Whoever answers there gets the password of ${bindName}, and can tell any ` +
        'lie about the directory.',
    );
  const password = await readPassword(passwordFrom, bindName, environment, terminal);
  return {
    url,
    bindName,
    password,
    startTls,
    dangerouslyAcceptAnyCertificate,
    ...(certificateAuthorityFile !== undefined && { ca: await readAuthority(certificateAuthorityFile) }),
  };
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AgentError(
      'configurationInvalid',
      `Expected the certificate authority of the domain controllers in ${file}, found: ${(error as Error).message}.`,
      { cause: error },
    );
  }
}
