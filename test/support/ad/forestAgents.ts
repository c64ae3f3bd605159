import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runAgentCommand, type AgentOutcome } from '../agent/agentCommand';
import type { DirectoryAccount } from './domainController';

/** A domain controller that an agent reads, and as whom. */
export interface ReadDomainController {
  readonly url: string;
  readonly account: DirectoryAccount;
}

export interface ForestAgentOptions {
  readonly source: string;
  readonly tenantId: string;
  readonly anchorAttribute: string | null;
  readonly domainControllers: readonly ReadDomainController[];
  /** PEM, of the domain controllers. */
  readonly authorityCert: string;
  readonly scope?: {
    readonly includeBases?: readonly string[];
    readonly excludeBases?: readonly string[];
    readonly excludeFilters?: readonly string[];
  };
  /** Further settings of the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** null: it can not upload, only `check` and `export`. */
  readonly upload: {
    readonly blobEndpoint: string;
    readonly clientId: string;
    readonly environment: Readonly<Record<string, string>>;
  } | null;
  readonly onLine?: (line: string) => void;
  /** The agent itself; by default what the build made of this checkout. */
  readonly program?: readonly [string, ...string[]];
}

/** The agent of one source in a folder of its own: configuration, state, key. */
export class ForestAgent {
  private constructor(
    readonly folder: string,
    readonly options: ForestAgentOptions,
    /** The source's element of EXPORT_SOURCES. */
    readonly exportSource: unknown,
  ) {}

  /** Writes the configuration and makes the key. */
  static async create(options: ForestAgentOptions): Promise<ForestAgent> {
    const folder = await mkdtemp(path.join(tmpdir(), 'forest-agent-'));
    await writeFile(path.join(folder, 'ca.pem'), options.authorityCert);
    const agent = new ForestAgent(folder, options, null);
    await agent.configure({});
    const { code, output, told } = await agent.run(['keygen']);
    const setting = /^EXPORT_SOURCES (.*)$/m.exec(output)?.[1];
    if (code !== 0 || setting === undefined) {
      await agent.remove();
      throw new Error(`keygen ended with ${code}:\n${output}${told}`);
    }
    return new ForestAgent(folder, options, (JSON.parse(setting) as unknown[])[0]);
  }

  /** Writes the configuration anew, with other settings. */
  async configure(changes: Readonly<Record<string, unknown>>): Promise<void> {
    const { source, tenantId, anchorAttribute, domainControllers, scope, settings, upload } = this.options;
    const configuration = {
      tenantId,
      source,
      stateDirectory: 'state',
      signingKeyFile: 'signing-key.pem',
      anchorAttribute,
      domainControllers: domainControllers.map(({ url, account }, number) => ({
        url,
        bindName: account.name,
        passwordFrom: `environment:PASSWORD_${number}`,
        certificateAuthorityFile: 'ca.pem',
      })),
      ...(scope && { scope }),
      ...(upload && {
        upload: {
          blobEndpoint: upload.blobEndpoint,
          credential: { kind: 'managedIdentity', clientId: upload.clientId },
        },
      }),
      ...settings,
      ...changes,
    };
    await writeFile(
      path.join(this.folder, 'entra-orphans-agent.json'),
      JSON.stringify(configuration, null, 2),
    );
  }

  /** Runs a command of the built agent, with the passwords in its environment. */
  run(
    given: readonly string[],
    {
      signal,
      nodeArguments,
      onLine = this.options.onLine,
      environment = {},
    }: {
      readonly signal?: AbortSignal;
      readonly nodeArguments?: readonly string[];
      readonly onLine?: (line: string) => void;
      /** Beside the passwords, which it may replace. */
      readonly environment?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<AgentOutcome> {
    const { domainControllers, upload, program } = this.options;
    const passwords = domainControllers.map(
      ({ account }, number) => [`PASSWORD_${number}`, account.password] as const,
    );
    return runAgentCommand({
      arguments: given,
      workingDirectory: this.folder,
      environment: { ...upload?.environment, ...Object.fromEntries(passwords), ...environment },
      ...(onLine && { onLine }),
      ...(program && { program }),
      ...(signal && { signal }),
      ...(nodeArguments && { nodeArguments }),
    });
  }

  /** `run`, which must succeed. */
  async export(): Promise<void> {
    const { code, output, told } = await this.run(['run']);
    if (code !== 0)
      throw new Error(`the agent of ${this.options.source} ended with ${code}:\n${output}${told}`);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
