import type { CommandLine } from '../grant/azureCli';
import type { Environment } from '../../shared/io/configuration/readSetting';

/** The values that `azd env get-values` prints, a line each: NAME="value", with quotes and backslashes escaped. */
export function azdValuesOf(text: string): Environment {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const { name, value } = /^(?<name>[A-Z][A-Z0-9_]*)="(?<value>.*)"$/.exec(line)?.groups ?? {};
    if (name !== undefined && value !== undefined) values[name] = value.replaceAll(/\\(["\\$`])/g, '$1');
  }
  return values;
}

/** Those of the environment that azd has selected in this folder; none where there is no azd, or no environment. */
export async function readAzdEnvironment(commands: CommandLine, signal: AbortSignal): Promise<Environment> {
  const result = await commands.run('azd', ['env', 'get-values'], signal);
  return result.kind === 'ended' && result.code === 0 ? azdValuesOf(result.stdout) : {};
}
