import { execFileSync } from 'node:child_process';

/** What a report is asked with on the command line. */
export interface ReportOptions {
  /** Where it is written to; null: nowhere. */
  readonly report: string | null;
  readonly allowDirty: boolean;
}

/** The commit that is proved; empty where no report is asked for. Throws where a report would speak of files that no commit has. */
export function provedCommit({ report, allowDirty }: ReportOptions): string {
  if (report === null) return '';
  const dirty = git('status', '--porcelain', '--untracked-files=no') !== '';
  if (dirty && !allowDirty)
    throw new Error('--report: a checkout without changes was expected; commit them, or say --allow-dirty');
  return `${git('rev-parse', 'HEAD')}${dirty ? ', with changes that are not committed' : ''}`;
}

function git(...args: readonly string[]): string {
  return execFileSync('git', [...args], { encoding: 'utf8' }).trim();
}
