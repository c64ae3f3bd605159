import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../core/appError';
import { assumptionEntriesOf, type AssumptionEntry } from '../../core/tenantChecks/assumptionEntry';

/** The entries of docs/assumptions.md of the checkout that this file, or what it was compiled to, lies in. */
export async function readAssumptions(from: string = __dirname): Promise<readonly AssumptionEntry[]> {
  for (let folder = from; ; folder = path.dirname(folder)) {
    try {
      return assumptionEntriesOf(await readFile(path.join(folder, 'docs', 'assumptions.md'), 'utf8'));
    } catch (error) {
      if (path.dirname(folder) === folder) {
        throw new AppError(
          'configurationInvalid',
          `docs/assumptions.md was expected in a folder above ${from}, and is in none. Run the command in a checkout.`,
          { cause: error },
        );
      }
    }
  }
}
