import { readFileSync } from 'node:fs';
import path from 'node:path';
import { agentVersion } from '../../agent/src/core/agentVersion';
import { root } from '../support/stack/sampleSettings';

interface PackageJson {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

const read = (...parts: string[]): PackageJson =>
  JSON.parse(readFileSync(path.join(root, ...parts), 'utf8')) as PackageJson;

describe("the agent's package", () => {
  const own = read('agent', 'package.json');

  test('has the version that it tells of itself', () => {
    expect(own.version).toBe(agentVersion);
  });

  test('has what it shares with the app in the same version', () => {
    const { dependencies } = read('package.json');
    const shared = Object.entries(own.dependencies).filter(([name]) => name in dependencies);
    expect(shared.length).toBeGreaterThan(0);
    expect(shared.filter(([name, version]) => dependencies[name] !== version)).toEqual([]);
  });
});
