import { PassThrough } from 'node:stream';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readPassword, type Terminal } from '../../../agent/src/io/password';
import { temporaryFolders } from '../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();
const account = 'svc@contoso.example';

function terminal(isTTY: boolean): Terminal & { readonly typed: PassThrough; readonly shown: () => string } {
  const typed = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  return { input: typed, output, typed, shown: () => String(output.read() ?? '') };
}

describe('a password', () => {
  test('comes from the environment', async () => {
    const source = { kind: 'environment', name: 'PW' } as const;
    expect(await readPassword(source, account, { PW: 'secret' }, terminal(false))).toBe('secret');
    await expect(readPassword(source, account, {}, terminal(false))).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: expect.stringContaining('no variable PW'),
    });
  });

  test.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    [' with blanks ', ' with blanks '],
  ])('comes from a file, without its line end: %j', async (content, password) => {
    const file = path.join(newFolder(), 'password');
    writeFileSync(file, content);
    expect(await readPassword({ kind: 'file', name: file }, account, {}, terminal(false))).toBe(password);
  });

  test('that is empty is refused: it would be an anonymous bind, which succeeds', async () => {
    const file = path.join(newFolder(), 'password');
    writeFileSync(file, '\n');
    await expect(readPassword({ kind: 'file', name: file }, account, {}, terminal(false))).rejects.toThrow(
      /empty/,
    );
    await expect(
      readPassword({ kind: 'file', name: `${file}.none` }, account, {}, terminal(false)),
    ).rejects.toThrow(/ENOENT/);
  });

  test('is asked for on a terminal, and not shown', async () => {
    const { typed, shown, ...rest } = terminal(true);
    const reading = readPassword({ kind: 'prompt' }, account, {}, rest);
    typed.write('secret\n');
    expect(await reading).toBe('secret');
    const text = shown();
    expect(text).toContain(account);
    expect(text).not.toContain('secret');
    const silent = terminal(true);
    const nothing = readPassword({ kind: 'prompt' }, account, {}, silent);
    silent.typed.write('\n');
    await expect(nothing).rejects.toThrow(/empty one from the prompt/);
  });

  test('can not be asked for where nobody sits', async () => {
    await expect(readPassword({ kind: 'prompt' }, account, {}, terminal(false))).rejects.toThrow(
      /no terminal/,
    );
  });
});
