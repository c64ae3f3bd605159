import type { ExportManifest } from '../../../shared/core/exportFormat';
import { dnKey } from '../core/distinguishedName';
import type { ReadingUnderWay } from './readingUnderWay';

/** The objects that must always be visible: those that the administrator named, every base of the scope, every naming context. */
export function checkCanaries(reading: ReadingUnderWay): ExportManifest['canaries'] {
  const { settings, namingContexts, seenNames, problems } = reading;
  const expected = [
    ...settings.canaries,
    ...settings.includeBases,
    ...namingContexts.flatMap(({ distinguishedName, domain }) =>
      domain === null ? [] : [distinguishedName],
    ),
  ];
  const canaries = expected.map(distinguishedName => ({
    distinguishedName,
    seen: seenNames.has(dnKey(distinguishedName)),
  }));
  const missing = canaries.filter(({ seen }) => !seen);
  if (missing.length > 0) {
    problems.push({
      code: 'exportIncomplete',
      message:
        `${missing.length} objects that must be there are not seen:\n    ` +
        `${missing.map(({ distinguishedName }) => distinguishedName).join('\n    ')}\n  ` +
        'Correct "canaries" and "scope" where these names have changed; otherwise the account can not see them.',
    });
  }
  return canaries;
}
