import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBicep, howToGetBicep } from '../../infra/lint/bicepCompiler';
import { lintInfra } from '../../infra/lint/lintInfra';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'entra-orphans-lint-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function program(name: string): string {
  const file = write(name, '#!/bin/sh\n');
  chmodSync(file, 0o755);
  return file;
}

describe('which compiler is taken', () => {
  test('the one that BICEP names comes first, then the path, then that of az', () => {
    const [named, onPath, ofAz] = [program('named'), program('path/bicep'), program('azure/bin/bicep')];
    const all = {
      BICEP: named,
      PATH: [path.join(folder, 'none'), path.dirname(onPath)].join(path.delimiter),
      AZURE_CONFIG_DIR: path.join(folder, 'azure'),
    };
    expect(findBicep(all)).toBe(named);
    expect(findBicep({ ...all, BICEP: ' ' })).toBe(onPath);
    expect(findBicep({ AZURE_CONFIG_DIR: all.AZURE_CONFIG_DIR })).toBe(ofAz);
  });

  test('on Windows it has another name', () => {
    const onPath = program('path/bicep.exe');
    const environment = { PATH: path.dirname(onPath), AZURE_CONFIG_DIR: folder };
    expect(findBicep(environment, 'win32')).toBe(onPath);
    expect(findBicep(environment, 'linux')).toBeNull();
  });

  test('neither a folder nor a file that can not be run is one', () => {
    write('path/bicep', 'text');
    mkdirSync(path.join(folder, 'azure', 'bin', 'bicep'), { recursive: true });
    expect(
      findBicep({ PATH: path.join(folder, 'path'), AZURE_CONFIG_DIR: path.join(folder, 'azure') }),
    ).toBeNull();
  });

  test('a name in BICEP that leads nowhere is a mistake, not a machine without compiler', () => {
    expect(() => findBicep({ BICEP: path.join(folder, 'none') })).toThrow(/in BICEP, found .*none/);
  });
});

describe('without a compiler', () => {
  const nowhere = () => ({ PATH: folder, AZURE_CONFIG_DIR: folder });

  test('CI fails', async () => {
    const { exitCode, lines } = await lintInfra(folder, { ...nowhere(), CI: 'true' });
    expect(exitCode).toBe(1);
    expect(lines).toEqual([expect.stringContaining('were not checked: there is no Bicep compiler')]);
  });

  test('elsewhere it is said in one line', async () => {
    const { exitCode, lines } = await lintInfra(folder, nowhere());
    expect(exitCode).toBe(0);
    expect(lines).toEqual([expect.stringContaining(howToGetBicep)]);
  });
});
