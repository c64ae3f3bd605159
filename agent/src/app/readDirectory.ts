import { ByteKeyTable } from '../../../shared/core/byteKeyTable';
import type { Instant } from '../../../shared/core/instant';
import { domainControllerProblems, oldestInboundSuccess } from '../core/domainController';
import { uncheckedPlaces } from '../core/uncheckedPlaces';
import { unexplainedLimitProblem, type Vanished } from '../core/vanished';
import { checkCanaries } from './checkCanaries';
import { checkContainers } from './checkContainers';
import { checkMembers } from './checkMembers';
import { checkVanished } from './checkVanished';
import {
  noLines,
  type DirectoryReading,
  type ReadingProblem,
  type ReadingSettings,
} from './directoryReading';
import type { DirectoryDescription, Progress } from './ports';
import type { ReadDirectoryOptions, ReadingUnderWay } from './readingUnderWay';
import { readObjectsTwice } from './readObjectsTwice';
import { readTombstones } from './readTombstones';

/**
 * Reads a directory to its end, writes its lines to the sink, and collects everything that speaks against the reading's being
 * complete; nothing of it may be used while `problems` is not empty. Goes on after a problem, so that all are told at once, but
 * reads no further where a domain controller must not be asked at all. Throws what `Directory` throws.
 */
export async function readDirectory(options: ReadDirectoryOptions): Promise<DirectoryReading> {
  const { directory, description: before, settings, clock, progress, signal } = options;
  const reading: ReadingUnderWay = {
    ...options,
    namingContexts: before.namingContexts,
    unreadDomains: before.unreadDomains,
    counts: before.namingContexts.map(noLines),
    secondCounts: [],
    buried: new ByteKeyTable(),
    seenNames: new ByteKeyTable(),
    isUnchecked: uncheckedPlaces(
      before.namingContexts.map(context => context.distinguishedName),
      settings.ignoreContainers,
    ),
    problems: [...controllerProblems(before, settings, clock.now())],
  };
  tellUnreadDomains(before, progress);
  if (reading.problems.length > 0) return conclude(reading, nothingProved, before);

  const secondCount = { onlyInFirst: 0, onlyInSecond: 0 };
  const tombstones: ('included' | 'notReadable')[] = [];
  for (const position of before.namingContexts.keys()) {
    const differences = await readObjectsTwice(reading, position);
    secondCount.onlyInFirst += differences.onlyInFirst;
    secondCount.onlyInSecond += differences.onlyInSecond;
  }
  for (const position of before.namingContexts.keys())
    tombstones.push(await readTombstones(reading, position));
  const containers = await checkContainers(reading);
  const danglingLinks = await checkMembers(reading);
  const vanished = await checkVanished(reading);
  const canaries = checkCanaries(reading);
  const after = await directory.describe(signal);
  checkSameControllers(reading, after);
  const acceptedUnexplained = acceptUnexplained(reading, danglingLinks, vanished);
  return conclude(
    reading,
    {
      tombstones: tombstones.includes('notReadable') ? 'notReadable' : 'included',
      canaries,
      completeness: {
        secondCount,
        containers,
        danglingLinks,
        vanished: vanished && { explained: vanished.explained, unexplained: vanished.unexplained },
        acceptedUnexplained,
      },
    },
    after,
  );
}

type Proof = Pick<DirectoryReading, 'tombstones' | 'canaries' | 'completeness'>;

const nothingProved: Proof = {
  tombstones: 'notReadable',
  canaries: [],
  completeness: {
    secondCount: { onlyInFirst: 0, onlyInSecond: 0 },
    containers: { checked: 0, ignored: 0 },
    danglingLinks: 0,
    vanished: null,
    acceptedUnexplained: 0,
  },
};

function conclude(reading: ReadingUnderWay, proof: Proof, last: DirectoryDescription): DirectoryReading {
  const { namingContexts, counts, problems, startedAt, clock } = reading;
  return {
    problems,
    startedAt,
    finishedAt: last.takenAt === undefined ? clock.now() : latestClock(last),
    namingContexts: namingContexts.map(({ distinguishedName, domain, domainController }, position) => ({
      distinguishedName,
      domain,
      domainController: {
        dnsHostName: domainController.dnsHostName,
        invocationId: domainController.invocationId,
        highestCommittedUSN: String(domainController.highestCommittedUSN),
        oldestInboundSuccess: oldestInboundSuccess(domainController.inboundReplication),
      },
      counts: counts[position] ?? noLines(),
    })),
    ...proof,
    lines: counts.reduce(
      (sum, count) => sum + Object.values(count).reduce((total, number) => total + number, 0),
      0,
    ),
  };
}

function* controllerProblems(
  { namingContexts, takenAt }: DirectoryDescription,
  settings: ReadingSettings,
  now: Instant,
): Generator<ReadingProblem> {
  for (const { domain, domainController, distinguishedName } of namingContexts) {
    // Configuration is read from a domain controller that was judged by its domain already.
    if (domain === null) continue;
    for (const problem of domainControllerProblems(
      { distinguishedName, domainController },
      settings,
      // Files say nothing of how the clocks agree now: each domain controller is held against its own.
      takenAt === undefined ? now : domainController.currentTime,
    ))
      yield { code: 'directoryRefused', message: problem };
  }
}

function tellUnreadDomains({ unreadDomains }: DirectoryDescription, progress: Progress): void {
  for (const { dnsName } of unreadDomains) {
    progress.warn(
      `The forest has the domain ${dnsName} too, which no configured domain controller serves: its objects are not in this ` +
        'export, and what is missing elsewhere in the forest proves nothing, since it may have been moved there.',
    );
  }
}

/** Files were finished when their domain controllers said so, not when they were read. */
const latestClock = ({ namingContexts }: DirectoryDescription): Instant =>
  Math.max(...namingContexts.map(({ domainController }) => domainController.currentTime)) as Instant;

/** A domain controller that was exchanged, or set back to a snapshot, while it was read would make two halves of nothing. */
function checkSameControllers(reading: ReadingUnderWay, after: DirectoryDescription): void {
  for (const [position, { distinguishedName, domainController }] of reading.namingContexts.entries()) {
    const found = after.namingContexts[position]?.domainController;
    if (found?.invocationId !== domainController.invocationId) {
      reading.problems.push({
        code: 'directoryRefused',
        message:
          `${distinguishedName}: expected the database ${domainController.invocationId} of ${domainController.name} to the end, ` +
          `found ${found?.invocationId ?? 'none'}. Name one domain controller, not the domain, and run it again.`,
      });
    } else if (found.highestCommittedUSN < domainController.highestCommittedUSN) {
      reading.problems.push({
        code: 'directoryRefused',
        message:
          `${distinguishedName}: expected ${domainController.name} to have a highestCommittedUSN of at least ` +
          `${domainController.highestCommittedUSN} in the end, found ${found.highestCommittedUSN}: it was set back to an earlier ` +
          'state. Look at its health (USN rollback), then run it again.',
      });
    }
  }
}

/** What of the unexplained an administrator let through by its exact number; a problem where that was not done. */
function acceptUnexplained(
  reading: ReadingUnderWay,
  danglingLinks: number,
  vanished: Vanished | null,
): number {
  const { settings, problems, progress } = reading;
  const limit = settings.unexplainedObjects;
  const judgement = unexplainedLimitProblem(
    { danglingLinks, vanished: vanished?.unexplained ?? 0 },
    { danglingLinks: limit, vanished: limit },
    settings.acceptUnexplained,
  );
  if (judgement.kind === 'refused') {
    problems.push({ code: 'unexplainedObjects', message: judgement.problem });
    return 0;
  }
  if (judgement.note !== null) progress.note(judgement.note);
  return judgement.accepted;
}
