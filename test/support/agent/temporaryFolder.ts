import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Folders for the tests of a file; all are removed when it ends. */
export function temporaryFolders(): () => string {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map(folder => rm(folder, { recursive: true, force: true }))));
  return () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'entra-orphans-agent-'));
    made.push(folder);
    return folder;
  };
}
