/** `npm run package`: see `usage`. Exit code 0: made; 1: not made; 2: the command line is wrong. */
import path from 'node:path';
import { parseCommandLine, usage } from './commandLine';
import { makePackages } from './makePackages';

const root = path.join(__dirname, '..', '..', '..');

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const parsed = parseCommandLine(process.argv.slice(2));
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'wrong':
      process.stderr.write(`${parsed.problem}\n\n${usage}`);
      return 2;
    case 'make': {
      const out = path.resolve(parsed.out);
      const names = await makePackages(parsed.products, {
        root,
        out,
        cache: path.join(root, 'out', '.cache'),
        say,
      });
      for (const name of names) process.stdout.write(`${path.join(out, name)}\n`);
      return 0;
    }
  }
}

main().then(
  code => {
    process.exitCode = code;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
