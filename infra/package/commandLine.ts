import { parseArgs } from 'node:util';

/** What can be made; `--only` takes these names. */
export const products = ['app', 'agent', 'linux', 'windows'] as const;
export type Product = (typeof products)[number];

export const usage = `Usage: npm run package [-- options]

Writes what is installed into out/, with the software bill of materials of each part (CycloneDX, *.cdx.json), the licences of what is
in it, and SHA256SUMS. The same commit gives the same files.

  app       the app for Azure Functions: entra-orphans-<version>.zip, and the same files in the folder app/
  agent     the agent as an npm package, for servers with Node: entra-orphans-agent-<version>.tgz
  linux     the agent as one file that needs no Node: entra-orphans-agent-<version>-linux-x64
  windows   the same for Windows: entra-orphans-agent-<version>-win-x64.exe

  --only LIST   some of them, with commas: --only app,linux
  --out FOLDER  write into another folder
  --help        this text

Node's own program for a system other than this one is fetched from the npm registry, once, and checked against package-lock.json.
`;

export type ParsedCommandLine =
  | { readonly kind: 'make'; readonly products: readonly Product[]; readonly out: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

export function parseCommandLine(given: readonly string[]): ParsedCommandLine {
  try {
    const { values } = parseArgs({
      args: [...given],
      strict: true,
      options: {
        only: { type: 'string', default: products.join(',') },
        out: { type: 'string', default: 'out' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    const named = values.only.split(',').map(name => name.trim());
    const unknown = named.filter(name => !products.some(product => product === name));
    if (unknown.length > 0)
      return {
        kind: 'wrong',
        problem: `--only: expected some of ${products.join(', ')}, found ${JSON.stringify(unknown.join(','))}.`,
      };
    return { kind: 'make', products: products.filter(product => named.includes(product)), out: values.out };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}
