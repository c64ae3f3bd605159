import { findBicep, howToGetBicep, type Environment } from './bicepCompiler';
import { checkTemplates } from './checkTemplates';

export interface LintResult {
  readonly exitCode: 0 | 1;
  readonly lines: readonly string[];
}

/** `npm run lint:infra`. Without a compiler it fails in CI, and says so elsewhere: what was not checked never looks as if it had been. */
export async function lintInfra(root: string, environment: Environment): Promise<LintResult> {
  const compiler = findBicep(environment);
  if (compiler === null) {
    const inCi = environment['CI'] === 'true';
    const line = `The templates of infra/ were not checked: there is no Bicep compiler. ${howToGetBicep}`;
    return { exitCode: inCi ? 1 : 0, lines: [line] };
  }
  const problems = await checkTemplates(compiler, root);
  return problems.length === 0
    ? { exitCode: 0, lines: ['The templates of infra/ build without a warning, and are formatted.'] }
    : { exitCode: 1, lines: problems };
}
