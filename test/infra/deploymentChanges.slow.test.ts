import { findBicep } from '../../infra/lint/bicepCompiler';
import { changesOf } from './changes';
import type { Check, Deployment } from './deployment';
import { predict } from './predict';
import { variants } from './variants';

/** A check that can not even read a changed deployment has noticed the change. */
function problemsOf(check: Check, deployment: Deployment): readonly string[] {
  try {
    return check(deployment);
  } catch (error) {
    return [String(error)];
  }
}

const compiler = findBicep(process.env);

test('without a Bicep compiler no change can be noticed; in CI there is one', () => {
  expect(compiler === null && process.env['CI'] === 'true').toBe(false);
});

if (compiler !== null) {
  const names = ['default', 'private networking'];
  const deployments = new Map<string, Deployment>();

  beforeAll(async () => {
    for (const name of names) {
      const { file, variables } = variants[name] ?? {};
      if (file && variables) deployments.set(name, await predict(compiler, file, variables));
    }
  }, 180_000);

  const deploymentOf = (name: string): Deployment => {
    const deployment = deployments.get(name);
    if (!deployment) throw new RangeError(`there is no deployment ${name}`);
    return deployment;
  };

  describe.each(names)('a change of what would be deployed is noticed: %s', name => {
    const checks = Object.entries(variants[name]?.checks ?? {});
    const done = new Set<string>();

    const noticed = (changed: Deployment, first: Check): boolean =>
      [first, ...checks.map(([, check]) => check)].some(check => problemsOf(check, changed).length > 0);

    // Else every change would look noticed.
    test('nothing is noticed without a change', () => {
      expect(checks.flatMap(([, check]) => problemsOf(check, deploymentOf(name)))).toEqual([]);
    });

    test.each(checks)('%s', (_, check) => {
      const unnoticed: string[] = [];
      for (const { title, deployment } of changesOf(check, deploymentOf(name), done))
        if (!noticed(deployment, check)) unnoticed.push(title);
      expect(unnoticed).toEqual([]);
    });

    test('there were changes in every kind of resource that has properties', () => {
      const { resources } = deploymentOf(name);
      const changed = new Set(
        [...done].map(key => {
          const [, index, inside] = JSON.parse(key) as readonly (string | number)[];
          return typeof index === 'number' && inside === 'properties' ? resources[index]?.type : undefined;
        }),
      );
      const all = resources.filter(({ properties }) => properties).map(({ type }) => type);
      expect([...new Set(all)].filter(type => !changed.has(type))).toEqual([]);
    });

    test('a resource less', () => {
      const { resources } = deploymentOf(name);
      const unnoticed = resources.filter(
        gone => !noticed({ resources: resources.filter(resource => resource !== gone) }, () => []),
      );
      expect(unnoticed).toEqual([]);
    });
  });
}
