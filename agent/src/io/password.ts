import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AgentError } from '../core/agentError';
import type { Environment, PasswordSource } from './configuration';

/** Where a person can be asked: a terminal's two ends. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/** The password for `account`. Throws an `AgentError` with code `configurationInvalid` that never holds it. */
export async function readPassword(
  source: PasswordSource,
  account: string,
  environment: Environment,
  terminal: Terminal,
): Promise<string> {
  const password = await passwordFrom(source, account, environment, terminal);
  // An empty password would be an anonymous bind, which succeeds and sees next to nothing.
  if (password === '') throw missing(account, `an empty one from ${describe(source)}`);
  return password;
}

async function passwordFrom(
  source: PasswordSource,
  account: string,
  environment: Environment,
  terminal: Terminal,
): Promise<string> {
  switch (source.kind) {
    case 'environment': {
      const value = environment[source.name];
      if (value === undefined) throw missing(account, `no variable ${source.name} in the environment`);
      return value;
    }
    case 'file':
      try {
        // Editors end a file with a line feed, which belongs to no password.
        return (await readFile(source.name, 'utf8')).replace(/\r?\n$/, '');
      } catch (error) {
        throw missing(account, (error as Error).message);
      }
    case 'prompt':
      if (terminal.input.isTTY !== true) throw missing(account, 'no terminal to ask on');
      return await ask(account, terminal);
  }
}

/** Asks without showing what is typed. */
async function ask(account: string, { input, output }: Terminal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  output.write(`Password for ${account}: `);
  const lines = createInterface({ input, output: nowhere, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    output.write('\n');
  }
}

const describe = (source: PasswordSource): string =>
  source.kind === 'prompt' ? 'the prompt' : `the ${source.kind} ${source.name}`;

const missing = (account: string, found: string): AgentError =>
  new AgentError(
    'configurationInvalid',
    `Expected the password of ${account}, found ${found}. "passwordFrom" takes environment:NAME, file:PATH or prompt.`,
  );
