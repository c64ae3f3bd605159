import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { copyTemplates } from '../../infra/lint/checkTemplates';
import { root } from '../docs/markdown';
import type { Deployment, Resource } from './deployment';

export const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
const subscriptionId = '5e1fb2c0-1111-4222-8333-444455556666';

/**
 * What Azure would make of a parameter file (its path from the root, without `.bicepparam`): `bicep snapshot`, which evaluates the
 * template without Azure. Only what Azure alone can know stays an expression.
 */
export async function predict(
  compiler: string,
  parameterFile: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  const copy = await mkdtemp(path.join(tmpdir(), 'entra-orphans-snapshot-'));
  try {
    await copyTemplates(root, copy);
    await promisify(execFile)(
      compiler,
      [
        'snapshot',
        `${parameterFile}.bicepparam`,
        '--mode=overwrite',
        `--tenant-id=${tenantId}`,
        `--subscription-id=${subscriptionId}`,
        '--location=westeurope',
        // Names of nested deployments derive from it; without it their outputs stay expressions.
        '--deployment-name=main',
      ],
      { cwd: copy, env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables } },
    );
    const text = await readFile(path.join(copy, `${parameterFile}.snapshot.json`), 'utf8');
    const { predictedResources, diagnostics } = JSON.parse(text) as {
      readonly predictedResources: readonly Resource[];
      readonly diagnostics: readonly unknown[];
    };
    if (diagnostics.length > 0)
      throw new Error(`Expected no diagnostics of ${parameterFile}, found ${JSON.stringify(diagnostics)}.`);
    return { resources: predictedResources };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
