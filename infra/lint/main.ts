/** `npm run lint:infra`: builds, lints and checks the format of every template. Exit code 0: well, or no compiler outside CI; 1: not. */
import path from 'node:path';
import { lintInfra } from './lintInfra';

const root = path.join(__dirname, '..', '..', '..');

lintInfra(root, process.env).then(
  ({ exitCode, lines }) => {
    process.stderr.write(`${lines.join('\n')}\n`);
    process.exitCode = exitCode;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
