import { findBicep, howToGetBicep } from '../../infra/lint/bicepCompiler';
import { readDocument } from '../docs/markdown';
import type { Deployment } from './deployment';
import { predict } from './predict';
import { variants } from './variants';

const compiler = findBicep(process.env);

if (compiler === null) {
  test('without a Bicep compiler nothing is said of what would be deployed; in CI there is one', () => {
    process.stderr.write(
      `What would be deployed was not tested: there is no Bicep compiler. ${howToGetBicep}\n`,
    );
    expect(process.env['CI']).not.toBe('true');
  });
} else {
  const deployments = new Map<string, Deployment>();

  beforeAll(async () => {
    for (const [name, { file, variables }] of Object.entries(variants))
      deployments.set(name, await predict(compiler, file, variables));
  }, 180_000);

  const deploymentOf = (name: string): Deployment => {
    const deployment = deployments.get(name);
    if (!deployment) throw new RangeError(`there is no deployment ${name}`);
    return deployment;
  };

  describe.each(Object.entries(variants))('%s', (name, { checks }) => {
    test.each(Object.entries(checks))('%s', (_, check) => {
      expect(check(deploymentOf(name))).toEqual([]);
    });
  });
}

test('a scan may take an hour, and its time is said', () => {
  const host = JSON.parse(readDocument('host.json')) as { readonly functionTimeout?: string };
  expect(host.functionTimeout).toBe('01:00:00');
});
