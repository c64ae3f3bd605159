import type { DirectoryReading, ReadingSettings } from '../../../agent/src/app/directoryReading';
import type { ObjectList } from '../../../agent/src/app/exportPorts';
import { readDirectory } from '../../../agent/src/app/readDirectory';
import type { AccessEntry } from '../../../agent/src/core/securityDescriptor';
import { parseScope } from '../../../agent/src/core/syncScope';
import type { ExportLineInput } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import { guidToBytes } from '../../../shared/core/keys/guid';
import type { Sid } from '../../../shared/core/keys/sid';
import {
  contosoDn,
  guidNumbered,
  MemoryDirectory,
  memoryUnit,
  memoryUser,
  reader,
} from '../../support/agent/memoryDirectory';
import { aceBytes, aclBytes, descriptorBytes } from '../core/securityDescriptors';

const parsedScope = parseScope({ includeBases: [], excludeBases: [], excludeFilters: [] });
if (parsedScope.kind !== 'scope') throw new Error('the scope was expected to be read');
const settings: ReadingSettings = {
  anchorAttribute: 'mS-DS-ConsistencyGuid',
  scope: parsedScope.scope,
  canaries: [],
  includeBases: [],
  ignoreContainers: [],
  maxReplicationAgeHours: 24,
  unexplainedObjects: 0,
  acceptUnexplained: null,
};

const allowed: AccessEntry = {
  effect: 'allow',
  isConditional: false,
  flags: 0,
  mask: 0x14,
  objectType: null,
  inheritedObjectType: null,
  sid: 'S-1-5-11' as Sid,
};
const open = descriptorBytes('S-1-5-32-544', aclBytes([aceBytes(allowed)]));
const closed = descriptorBytes(
  'S-1-5-32-544',
  aclBytes([aceBytes({ ...allowed, effect: 'deny', mask: 0x4, sid: reader as Sid }), aceBytes(allowed)]),
);

interface Outcome {
  readonly reading: DirectoryReading;
  readonly lines: readonly ExportLineInput[];
  readonly objects: readonly string[];
  readonly told: readonly string[];
}

async function read(
  directory: MemoryDirectory,
  changes: Partial<ReadingSettings> = {},
  lastObjects: ObjectList | null = null,
): Promise<Outcome> {
  const lines: ExportLineInput[] = [];
  const objects: string[] = [];
  const told: string[] = [];
  const now = Date.now() as Instant;
  const reading = await readDirectory({
    directory,
    description: await directory.describe(),
    settings: { ...settings, ...changes },
    sink: { append: line => void lines.push(JSON.parse(line) as ExportLineInput), drained: async () => {} },
    objects: { add: guid => void objects.push(Buffer.from(guid).toString('hex')), drained: async () => {} },
    lastObjects,
    clock: { now: () => now },
    progress: {
      step: () => {},
      advance: () => {},
      note: text => told.push(text),
      warn: text => told.push(text),
      done: () => {},
    },
    startedAt: now,
    signal: new AbortController().signal,
  });
  return { reading, lines, objects, told };
}

const listOf = (...numbers: number[]): ObjectList => ({
  count: numbers.length,
  read: async visit => visit(Buffer.concat(numbers.map(number => guidToBytes(guidNumbered(number))))),
});

const codes = ({ reading }: Outcome): string[] => reading.problems.map(problem => problem.code);
const messages = ({ reading }: Outcome): string =>
  reading.problems.map(problem => problem.message).join('\n');

const tombstone = (number: number) => ({
  distinguishedName: `CN=User ${number}\\0ADEL:x,CN=Deleted Objects,${contosoDn}`,
  attributes: { ...memoryUser(number).attributes, isDeleted: ['TRUE'], whenChanged: ['20261101120000.0Z'] },
});

describe('a reading of a directory', () => {
  let directory: MemoryDirectory;
  beforeEach(() => {
    directory = new MemoryDirectory();
  });

  test('that nothing speaks against has every object once, and its figures', async () => {
    directory.tombstones = [tombstone(7)];
    directory.containers = [[`OU=Staff,${contosoDn}`, 'organizationalUnit', open]];
    directory.members = [[`CN=Group,${contosoDn}`, [`CN=User 1,OU=Staff,${contosoDn}`]]];
    const outcome = await read(
      directory,
      { canaries: [`cn=user 2, ou=Staff,${contosoDn}`] },
      listOf(1, 2, 7),
    );
    expect(messages(outcome)).toBe('');
    expect(outcome.lines.map(line => `${line.kind} ${line.objectClass}`)).toEqual([
      'object other',
      'object user',
      'object user',
      'tombstone user',
    ]);
    expect(outcome.objects).toHaveLength(3);
    expect(outcome.reading).toMatchObject({
      tombstones: 'included',
      lines: 4,
      namingContexts: [
        {
          distinguishedName: contosoDn,
          domainController: { highestCommittedUSN: '1000', oldestInboundSuccess: null },
          counts: { user: 2, group: 0, contact: 0, computer: 0, other: 1, tombstone: 1 },
        },
      ],
      completeness: {
        secondCount: { onlyInFirst: 0, onlyInSecond: 0 },
        containers: { checked: 1, ignored: 0 },
        danglingLinks: 0,
        vanished: { explained: 1, unexplained: 0 },
        acceptedUnexplained: 0,
      },
    });
    expect(outcome.reading.canaries.every(canary => canary.seen)).toBe(true);
  });

  test('has an object once, however often its page came', async () => {
    const once = directory.objects;
    directory.objects = [...once, ...once];
    const outcome = await read(directory);
    expect(outcome.lines).toHaveLength(3);
    expect(codes(outcome)).toEqual([]);
  });

  test('that is shorter than the second one is refused', async () => {
    directory.secondReading = [...directory.objects, memoryUser(3)];
    const outcome = await read(directory);
    expect(codes(outcome)).toEqual(['exportIncomplete']);
    expect(messages(outcome)).toMatch(/0 objects in the first only, 1 in the second only/);
    expect(outcome.reading.completeness.secondCount).toEqual({ onlyInFirst: 0, onlyInSecond: 1 });
  });

  test('that is longer than the second one is refused', async () => {
    directory.secondReading = directory.objects.slice(0, -1);
    expect(codes(await read(directory))).toEqual(['exportIncomplete']);
  });

  test('takes an object that was made in the meantime', async () => {
    directory.secondReading = [...directory.objects, { ...memoryUser(3), uSNChanged: 1001n }];
    const outcome = await read(directory);
    expect(messages(outcome)).toBe('');
    expect(outcome.lines.filter(line => line.objectClass === 'user')).toHaveLength(3);
  });

  test('keeps an object that was deleted in the meantime as alive, and leaves its tombstone out', async () => {
    directory.secondReading = directory.objects.slice(0, -1);
    directory.buried = [{ ...tombstone(2), uSNChanged: 1001n }];
    directory.tombstones = [tombstone(2)];
    const outcome = await read(directory, {}, listOf(1, 2));
    expect(messages(outcome)).toBe('');
    expect(outcome.lines.filter(line => line.kind === 'tombstone')).toEqual([]);
    expect(outcome.reading.completeness.secondCount).toEqual({ onlyInFirst: 1, onlyInSecond: 0 });
  });

  test('with more differences than can be looked at is refused', async () => {
    directory.secondReading = Array.from({ length: 1001 }, (_, number) => memoryUser(number + 2000));
    expect(messages(await read(directory))).toMatch(/too many to look at/);
  });

  test('with an object of which the account may not read the SID is refused, by its name', async () => {
    directory.objects = [...directory.objects, memoryUser(3, { objectSid: [] })];
    const outcome = await read(directory);
    expect(codes(outcome)).toEqual(['exportIncomplete']);
    expect(messages(outcome)).toContain(`CN=User 3,OU=Staff,${contosoDn}: without objectSid`);
  });

  test.each([
    ['an address that is not UTF-8', { mail: [Buffer.of(0xff, 0x40)] }, /mail/],
    ['a line that is too long', { proxyAddresses: ['x'.repeat(5_000_000)] }, /a line of \d+ bytes/],
  ])('with %s is refused', async (_what, attributes, expected) => {
    directory.objects = [...directory.objects, memoryUser(3, attributes)];
    expect(messages(await read(directory))).toMatch(expected);
  });

  test('does not mind what AD closes to everybody, nor what the administrator leaves out', async () => {
    directory.objects = [
      ...directory.objects,
      { distinguishedName: `CN=BCKUPKEY_P Secret,CN=System,${contosoDn}`, attributes: {} },
      { distinguishedName: `CN=Odd,OU=Lab,${contosoDn}`, attributes: {} },
    ];
    directory.containers = [[`OU=Lab,${contosoDn}`, 'organizationalUnit', null]];
    const outcome = await read(directory, { ignoreContainers: [`OU=Lab,${contosoDn}`] });
    expect(messages(outcome)).toBe('');
    expect(outcome.reading.completeness.containers).toEqual({ checked: 0, ignored: 1 });
  });

  test('of an OU that the account may not list is refused, on the first export too, by its name', async () => {
    directory.containers = [
      [`OU=Staff,${contosoDn}`, 'organizationalUnit', open],
      [`OU=Hidden,${contosoDn}`, 'organizationalUnit', closed],
      [`OU=Hidden,${contosoDn}`, 'organizationalUnit', closed],
    ];
    const outcome = await read(directory);
    expect(codes(outcome)).toEqual(['exportIncomplete']);
    expect(messages(outcome)).toContain(`OU=Hidden,${contosoDn}: List Contents`);
    expect(messages(outcome)).toContain('In 1 containers');
  });

  test('with members that nobody sees is refused above the limit, and says the number to accept', async () => {
    directory.members = [
      [`CN=Group,${contosoDn}`, [`CN=Gone,OU=Hidden,${contosoDn}`, 'CN=x,DC=elsewhere,DC=example']],
      [`CN=Other,${contosoDn}`, [`CN=User 1,OU=Staff,${contosoDn}`]],
    ];
    const refused = await read(directory);
    expect(codes(refused)).toEqual(['unexplainedObjects']);
    expect(messages(refused)).toContain('--accept-unexplained 1');
    expect(refused.told.join('\n')).toContain(`CN=Gone,OU=Hidden,${contosoDn}`);
    expect(codes(await read(directory, { unexplainedObjects: 1 }))).toEqual([]);
    const accepted = await read(directory, { acceptUnexplained: 1 });
    expect(codes(accepted)).toEqual([]);
    expect(accepted.reading.completeness).toMatchObject({ danglingLinks: 1, acceptedUnexplained: 1 });
    expect(codes(await read(directory, { acceptUnexplained: 2 }))).toEqual(['unexplainedObjects']);
  });

  test('follows a member that was moved since it was read', async () => {
    directory.secondReading = [
      ...directory.objects,
      { ...memoryUser(3), uSNChanged: 1001n, distinguishedName: `CN=Moved,${contosoDn}` },
    ];
    directory.members = [[`CN=Group,${contosoDn}`, [`CN=Moved,${contosoDn}`]]];
    expect(messages(await read(directory))).toBe('');
  });

  test.each([
    ['was there before, refuses it', { uSNCreated: ['1000'] }, ['exportIncomplete']],
    ['does not tell when it was made, refuses it', {}, ['exportIncomplete']],
    ['was made in the meantime, does not', { uSNCreated: ['1001'] }, []],
  ])('with a member that both readings left out: one that %s', async (_what, attributes, expected) => {
    // Moved while both readings were between its old place and its new one, or hidden from them: alive, and in neither.
    directory.overlooked = [memoryUser(3, attributes)];
    directory.members = [[`CN=Group,${contosoDn}`, [`CN=User 3,OU=Staff,${contosoDn}`]]];
    const outcome = await read(directory);
    expect(codes(outcome)).toEqual(expected);
    expect(messages(outcome).includes(`CN=User 3,OU=Staff,${contosoDn}`)).toBe(expected.length > 0);
  });

  test('takes a member for seen that has another name now', async () => {
    directory.members = [[`CN=Group,${contosoDn}`, [`CN=Renamed,${contosoDn}`]]];
    directory.overlooked = [
      { ...memoryUser(1, { uSNCreated: ['5'] }), distinguishedName: `CN=Renamed,${contosoDn}` },
    ];
    expect(codes(await read(directory))).toEqual([]);
  });

  test('counts members that are too many to look up', async () => {
    directory.members = [
      [`CN=Group,${contosoDn}`, Array.from({ length: 1001 }, (_, number) => `CN=${number},${contosoDn}`)],
    ];
    const { reading } = await read(directory);
    expect(reading.completeness.danglingLinks).toBe(1001);
  });

  test('does not expect members of domains and partitions that it does not cover', async () => {
    directory.unreadDomains = [
      { distinguishedName: `DC=emea,${contosoDn}`, dnsName: 'emea.contoso.example' },
    ];
    directory.members = [
      [`CN=Group,${contosoDn}`, [`CN=x,DC=emea,${contosoDn}`, `DC=y,DC=DomainDnsZones,${contosoDn}`]],
    ];
    const outcome = await read(directory);
    expect(messages(outcome)).toBe('');
    expect(outcome.told.join('\n')).toContain('emea.contoso.example');
  });

  test('from which an object vanished without a tombstone is refused, and says the number to accept', async () => {
    const refused = await read(directory, {}, listOf(1, 2, 3, 4));
    expect(codes(refused)).toEqual(['unexplainedObjects']);
    expect(messages(refused)).toContain('--accept-unexplained 2');
    expect(refused.told.join('\n')).toContain(guidNumbered(3));
    const accepted = await read(directory, { acceptUnexplained: 2 }, listOf(1, 2, 3, 4));
    expect(accepted.reading.completeness).toMatchObject({
      vanished: { explained: 0, unexplained: 2 },
      acceptedUnexplained: 2,
    });
  });

  test('says that tombstones are missing, and then every vanished object is unexplained', async () => {
    directory.tombstones = 'notReadable';
    const outcome = await read(directory, {}, listOf(1, 2, 3));
    expect(outcome.reading.tombstones).toBe('notReadable');
    expect(outcome.told.join('\n')).toContain('CN=Deleted Objects');
    expect(codes(outcome)).toEqual(['unexplainedObjects']);
  });

  test('with a tombstone that can not be read is refused', async () => {
    directory.tombstones = [
      { ...tombstone(7), attributes: { ...tombstone(7).attributes, whenChanged: ['?'] } },
    ];
    expect(messages(await read(directory))).toMatch(/1 deleted objects can not be read/);
  });

  test('in which a canary or a base of the scope is not seen is refused', async () => {
    const outcome = await read(directory, {
      canaries: [`CN=Canary,${contosoDn}`],
      includeBases: [`OU=Renamed,${contosoDn}`],
    });
    expect(codes(outcome)).toEqual(['exportIncomplete']);
    expect(messages(outcome)).toContain(`CN=Canary,${contosoDn}`);
    expect(messages(outcome)).toContain(`OU=Renamed,${contosoDn}`);
  });

  test('of a domain controller that must not be read ends before anything is read', async () => {
    const facts = (await directory.describe()).namingContexts[0]!;
    directory.facts = { domainController: { ...facts.domainController, isReadOnly: true } };
    const outcome = await read(directory);
    expect(codes(outcome)).toEqual(['directoryRefused']);
    expect(outcome.lines).toEqual([]);
  });

  test('whose domain controller was another one in the end is refused', async () => {
    const facts = (await directory.describe()).namingContexts[0]!;
    let asked = 0;
    directory.onDescribe = () => {
      asked += 1;
      if (asked === 2)
        directory.facts = {
          domainController: { ...facts.domainController, invocationId: guidNumbered(99) },
        };
    };
    const outcome = await read(directory);
    expect(codes(outcome)).toEqual(['directoryRefused']);
    expect(messages(outcome)).toContain(guidNumbered(99));
  });

  test('whose domain controller was set back to an earlier state meanwhile is refused', async () => {
    const facts = (await directory.describe()).namingContexts[0]!;
    let asked = 0;
    directory.onDescribe = () => {
      asked += 1;
      if (asked === 2)
        directory.facts = { domainController: { ...facts.domainController, highestCommittedUSN: 999n } };
    };
    const outcome = await read(directory);
    expect(codes(outcome)).toEqual(['directoryRefused']);
    expect(messages(outcome)).toMatch(/highestCommittedUSN/);
  });

  test('tells all reasons at once', async () => {
    directory.containers = [[`OU=Hidden,${contosoDn}`, 'organizationalUnit', closed]];
    directory.objects = [...directory.objects, memoryUser(3, { objectSid: [] }), memoryUnit('Lab', 902)];
    const outcome = await read(directory, { canaries: [`CN=Canary,${contosoDn}`] }, listOf(1, 50));
    expect(codes(outcome).sort()).toEqual([
      'exportIncomplete',
      'exportIncomplete',
      'exportIncomplete',
      'unexplainedObjects',
    ]);
  });

  test('that fails on one side stops the other, and throws its error', async () => {
    const broken = new Error('the connection broke');
    directory.readKeys = async () => Promise.reject(broken);
    directory.readObjects = async (_context, _attributes, _visit) => {
      await new Promise(resolve => setImmediate(resolve));
    };
    await expect(read(directory)).rejects.toBe(broken);
  });

  test('notes an acceptance that was not needed', async () => {
    expect((await read(directory, { acceptUnexplained: 3 })).told.join('\n')).toContain('was not needed');
  });
});
