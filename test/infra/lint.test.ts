import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBicep, howToGetBicep } from '../../infra/lint/bicepCompiler';
import { checkTemplates } from '../../infra/lint/checkTemplates';
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

const compiler = findBicep(process.env);

// Without a compiler, deployment.test.ts says so, and fails in CI.
if (compiler !== null)
  describe('with the real compiler', () => {
    const formatted = "@description('A name.')\nparam name string\n\noutput name string = name\n";
    const parameters = "using '../../../infra/main.bicep'\n\nparam name = 'a'\n";

    beforeEach(() => {
      write('infra/main.bicep', formatted);
      write('test/infra/parameters/one.bicepparam', parameters);
    });

    test('well-made templates have no problem, and nothing is left beside them', async () => {
      expect(await lintInfra(folder, { BICEP: compiler })).toEqual({
        exitCode: 0,
        lines: ['The templates of infra/ build without a warning, and are formatted.'],
      });
    }, 120_000);

    test('a warning, a mistake in parameters and a wrong format are problems, each named', async () => {
      write('infra/main.bicep', `${formatted}param   unused string = ''\n`);
      write('test/infra/parameters/one.bicepparam', parameters.replace("'a'", '1'));
      const { exitCode, lines } = await lintInfra(folder, { BICEP: compiler });
      expect(exitCode).toBe(1);
      expect(lines).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^infra\/main\.bicep\(5,9\) : Warning no-unused-params/),
          expect.stringMatching(/^test\/infra\/parameters\/one\.bicepparam\(3,14\) : Error BCP033/),
          'infra/main.bicep: is not formatted; run: bicep format infra/main.bicep',
        ]),
      );
    }, 120_000);

    test('where there is no template, something is wrong', async () => {
      rmSync(path.join(folder, 'infra', 'main.bicep'));
      rmSync(path.join(folder, 'test', 'infra', 'parameters', 'one.bicepparam'));
      expect(await checkTemplates(compiler, folder)).toEqual([
        'Expected templates in infra and test/infra, found none.',
      ]);
    });
  });
