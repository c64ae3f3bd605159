import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { runCommand, type CommandLine } from '../../../../agent/src/io/requests/runCommand';

const never = new AbortController().signal;
const limits = { timeoutMs: 20_000, maxOutputBytes: 1000 };
const node = (script: string, ...args: string[]): CommandLine => [process.execPath, '-e', script, ...args];

test('the output of a command that succeeds is handed over as it was printed', async () => {
  const result = await runCommand(node('process.stdout.write(Buffer.from([0, 255, 10]))'), limits, never);
  expect(result).toEqual({ kind: 'succeeded', output: Buffer.from([0, 255, 10]) });
});

test('arguments come as they are: no shell reads them', async () => {
  const args = ['a b', '$(id)', '`id`', '"', '%PATH%', '; exit 1', '*'];
  const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
  const result = await runCommand(node(script, ...args), limits, never);
  expect(result.kind === 'succeeded' && JSON.parse(result.output.toString())).toEqual(args);
});

test('a command gets no input', async () => {
  const script = 'process.stdin.on("end", () => console.log("ended")).resume()';
  expect(await runCommand(node(script), limits, never)).toMatchObject({ kind: 'succeeded' });
});

test.each<[string, CommandLine, RegExp]>([
  [
    'ends with another code than 0',
    node('console.error("no\\n such  module"); process.exit(3)'),
    /exit code 3: no such module$/,
  ],
  ['says nothing', node('process.exit(1)'), /exit code 1$/],
  ['is ended by a signal', node('process.kill(process.pid, "SIGTERM")'), /SIGTERM/],
  ['does not exist', ['/nowhere/powershell.exe'], /could not be started \(ENOENT\)/],
  [
    'prints too much',
    node('process.stdout.write("x".repeat(1001)); setInterval(() => {}, 1000)'),
    /more than 1000 bytes/,
  ],
])('a command that %s has failed', async (_, command, reason) => {
  expect(await runCommand(command, limits, never)).toEqual({
    kind: 'failed',
    reason: expect.stringMatching(reason),
  });
});

test('so much output is just allowed', async () => {
  expect(await runCommand(node('process.stdout.write("x".repeat(1000))'), limits, never)).toMatchObject({
    kind: 'succeeded',
  });
});

/** A command that starts another process, which holds a connection for as long as it lives. */
async function stubborn() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const inner = `require("node:net").connect(${port}, "127.0.0.1").resume()`;
  const outer = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(inner)}], { stdio: "inherit" }); setInterval(() => {}, 1000)`;
  return {
    server,
    command: node(outer),
    connected: once(server, 'connection') as Promise<[Socket]>,
  };
}

test('a command that takes too long is ended, with all that it started', async () => {
  const { server, command, connected } = await stubborn();
  const running = runCommand(command, { ...limits, timeoutMs: 3000 }, never);
  const [socket] = await connected;
  const closed = once(socket.on('error', () => {}).resume(), 'close');
  expect(await running).toEqual({ kind: 'failed', reason: 'it did not end within 3 s' });
  await closed;
  server.close();
});

test('a stopped agent ends its command', async () => {
  const { server, command, connected } = await stubborn();
  const stop = new AbortController();
  const running = runCommand(command, limits, stop.signal);
  const [socket] = await connected;
  const closed = once(socket.on('error', () => {}).resume(), 'close');
  stop.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  await closed;
  server.close();
  await expect(runCommand(command, limits, stop.signal)).rejects.toThrow('stopped');
});
