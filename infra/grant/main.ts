import { systemCommandLine } from './azureCli';
import { grant } from './command';

async function main(): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  process.exitCode = await grant({
    args: process.argv.slice(2),
    environment: process.env,
    commands: systemCommandLine(process.env),
    print: line => void process.stdout.write(`${line}\n`),
    signal: stopping.signal,
  });
}

if (require.main === module) void main();
