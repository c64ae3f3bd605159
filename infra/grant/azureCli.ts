import { execFile } from 'node:child_process';
import { z } from 'zod';
import { stop, type Stop } from './stop';

/** The programs whose signed-in user this command acts as. */
export interface CommandLine {
  /** Runs it to its end, without a shell. */
  run(program: 'az' | 'azd', args: readonly string[], signal: AbortSignal): Promise<CommandResult>;
}

export type CommandResult =
  | { readonly kind: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'notFound' };

/**
 * Starts programs directly. On Windows az and azd are command files, which only cmd.exe can start; all arguments of ours are GUIDs,
 * origins and words, checked before.
 */
export const systemCommandLine = (
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): CommandLine => ({
  run: (program, args, signal) =>
    new Promise(resolve => {
      const [file, all] =
        platform === 'win32'
          ? [environment['ComSpec'] ?? 'cmd.exe', ['/d', '/s', '/c', program, ...args]]
          : [program, [...args]];
      execFile(
        file,
        all,
        { env: environment, signal, windowsHide: true, maxBuffer: 1024 * 1024, encoding: 'utf8' },
        (error, stdout, stderr) => {
          // What execFile rejects with names the command; the outputs may hold a token, and go nowhere.
          const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
          if (error?.code === 'ENOENT') resolve({ kind: 'notFound' });
          else resolve({ kind: 'ended', code, stdout, stderr });
        },
      );
    }),
});

const tokenSchema = z.object({ accessToken: z.string().min(1), tenant: z.string() });

/** The name of the cloud that the Azure CLI is set to. */
export async function readCloudName(commands: CommandLine, signal: AbortSignal): Promise<string | Stop> {
  const result = await commands.run('az', ['cloud', 'show', '--query', 'name', '--output', 'tsv'], signal);
  if (result.kind === 'notFound') return noAzureCli;
  if (result.code === 0 && result.stdout.trim() !== '') return result.stdout.trim();
  return stop(2, 'The Azure CLI did not say which cloud it is set to. Name it with --cloud.');
}

/** A token of the signed-in user for Microsoft Graph in the expected tenant. It is never printed. */
export async function readToken(
  commands: CommandLine,
  { graph, tenantId }: { readonly graph: string; readonly tenantId: string },
  signal: AbortSignal,
): Promise<string | Stop> {
  const args = ['account', 'get-access-token', '--resource', graph, '--output', 'json'];
  let result = await commands.run('az', [...args, '--tenant', tenantId], signal);
  // In Azure Cloud Shell the tenant is the shell's; which one it is, is looked at below.
  if (result.kind === 'ended' && result.code !== 0 && /Tenant shouldn't be specified/.test(result.stderr))
    result = await commands.run('az', args, signal);
  if (result.kind === 'notFound') return noAzureCli;
  if (result.code !== 0) {
    const login = /az login/.test(result.stderr);
    return stop(
      2,
      login
        ? `The Azure CLI has nobody signed in for the tenant ${tenantId}. Run: az login --tenant ${tenantId} --allow-no-subscriptions`
        : `The Azure CLI gave no token for ${graph} (exit code ${result.code}). To see why, run: ` +
            `az account get-access-token --resource ${graph} --tenant ${tenantId} --query expiresOn`,
    );
  }
  const parsed = tokenSchema.safeParse(parsedJson(result.stdout));
  if (!parsed.success)
    return stop(
      2,
      'The Azure CLI was expected to answer with a token as JSON; found something else. Update it: az upgrade',
    );
  if (parsed.data.tenant.toLowerCase() === tenantId) return parsed.data.accessToken;
  return stop(
    2,
    `A token of the tenant ${tenantId} was expected, the Azure CLI gave one of another tenant. Run: az login --tenant ${tenantId}`,
  );
}

/** Keeps a value in azd's environment; azd hands it to the templates. */
export async function setInAzd(
  commands: CommandLine,
  name: string,
  value: string,
  signal: AbortSignal,
): Promise<Stop | null> {
  const result = await commands.run('azd', ['env', 'set', name, value], signal);
  if (result.kind === 'ended' && result.code === 0) return null;
  return stop(1, `azd did not take the value of ${name}. Run: azd env set ${name} ${value}`);
}

const noAzureCli = stop(
  2,
  'The Azure CLI (az) was not found. Install it (https://aka.ms/azure-cli) and run az login; or use the lines of docs/permissions.md in Azure Cloud Shell.',
);

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
