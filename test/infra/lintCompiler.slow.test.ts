import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBicep } from '../../infra/lint/bicepCompiler';
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
