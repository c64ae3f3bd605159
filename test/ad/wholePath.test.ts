import { randomUUID } from 'node:crypto';
import { containerNames } from '../../shared/io/storageNames';
import type { ForestAgentOptions } from '../support/ad/forestAgents';
import type { DomainController } from '../support/ad/domainController';
import { type SampleForest, type SampleForests, startSampleForests } from '../support/ad/sampleForests';
import { bytesOfGuid } from '../support/ad/seedOrganisation';
import { exportAgeMs, makeOrganisation } from '../support/organisation/makeOrganisation';
import { type ObjectLine, parentOf } from '../support/organisation/onPremises';
import type { Orphan, Story } from '../support/organisation/organisation';
import { exportersOf, type ForestExporters } from '../support/stack/forestExporters';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startScanStack, type ScanStack } from '../support/stack/stack';
import { createCertificateAuthority } from '../support/tls';

jest.setTimeout(120_000);

// Real exports start now, not two hours ago.
const organisation = makeOrganisation({ seed: 11, objects: 10_000, now: Date.now() + exportAgeMs });
const key = ({ type, cloudId }: Orphan): string => `${type}/${cloudId}`;
let forests: SampleForests;

beforeAll(async () => {
  forests = await startSampleForests(organisation, {
    authority: await createCertificateAuthority(),
    maximumRuntimeSeconds: 1200,
  });
}, 300_000);
afterAll(() => forests?.stop());

/** The stack on the forests, with agents that have exported once. */
async function stackOn(
  change: (forest: SampleForest) => Partial<ForestAgentOptions>,
): Promise<{ readonly stack: ScanStack; readonly exporters: ForestExporters }> {
  const made: ForestExporters[] = [];
  const stack = await startScanStack({
    organisation,
    scanSettings: candidatesAtOnce,
    exporters: async stage => {
      const exporters = await exportersOf(forests, stage, { say: () => {}, change });
      made.push(exporters);
      return exporters;
    },
    onLogLine: () => {},
  });
  return { stack, exporters: made[0]! };
}

/** What the table says of every object that it has. */
async function rowsOf(stack: ScanStack): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(
    (await stack.candidates()).map(row => [
      `${row.type}/${row.id}`,
      row.state === 'candidate'
        ? `candidate ${row.outcome} by ${row.proof}`
        : `${row.state} ${row.withdrawal ?? row.attention}`,
    ]),
  );
}

const candidatesIn = (rows: Readonly<Record<string, string>>): string[] =>
  Object.entries(rows)
    .flatMap(([id, state]) => (state.startsWith('candidate') ? [id] : []))
    .sort();

test('there are at least 10,000 objects in Active Directory', () => {
  const seeds = forests.forests.flatMap(({ domains }) => domains.map(({ seed }) => seed.objects));
  expect(seeds).toHaveLength(3);
  expect(seeds.reduce((sum, objects) => sum + objects, 0)).toBeGreaterThanOrEqual(10_000);
});

describe('a domain for which no domain controller is configured', () => {
  let stack: ScanStack;
  beforeAll(async () => {
    ({ stack } = await stackOn(({ domains }) => ({
      domainControllers: domains.slice(0, 1).map(({ controller, agentAccount }) => ({
        url: controller.url,
        account: agentAccount,
      })),
    })));
  });
  afterAll(() => stack?.stop());

  test('has no candidates but those who were moved there from a covered one: what lived there is not covered, or unknown', async () => {
    const run = await stack.scan();
    expect(run).toMatchObject({ state: 'finished', reasons: [] });
    const found = candidatesIn(await rowsOf(stack));
    const homes = new Map(organisation.stories.map(story => [key(story), story]));
    const isOfEmea = ({ home }: Story): boolean =>
      home?.source === 'contoso' && home.line.namingContext === 1;
    const wrong = found.filter(id => isOfEmea(homes.get(id)!)).map(id => homes.get(id)!.story);
    // A known limit: who was moved there from a domain that is covered, while the cloud still names that one, is not there for
    // any export. Only covering the domain tells; the cloud hears of the move with the next synchronisation.
    expect(wrong.filter(story => story !== 'movedBetweenDomains')).toEqual([]);
    // The others are found as before, where they show by a SID that they are of a domain that is covered.
    const orphans = new Set(organisation.orphans.map(key));
    expect(found.filter(id => !orphans.has(id) && !isOfEmea(homes.get(id)!))).toEqual([]);
    const sure = organisation.stories.filter(
      story =>
        (story.type === 'user' || story.type === 'group') && story.state === 'candidate' && !isOfEmea(story),
    );
    expect(sure.length).toBeGreaterThan(20);
    expect(found).toEqual(expect.arrayContaining(sure.map(key)));
    const livingThere = organisation.stories.filter(
      story => isOfEmea(story) && story.story === 'ordinaryUser',
    );
    expect(livingThere.length).toBeGreaterThan(1000);
    expect(run.counts.user?.outcomes['notCovered']).toBeGreaterThanOrEqual(livingThere.length);
  });
});

describe('the whole path, from Active Directory to the candidates', () => {
  let stack: ScanStack;
  let exporters: ForestExporters;
  beforeAll(async () => {
    ({ stack, exporters } = await stackOn(({ domains, outOfScopeFilter }) => ({
      scope: {
        excludeFilters: [outOfScopeFilter],
        excludeBases: domains.map(({ controller }) => `OU=No Sync,${controller.baseDn}`),
      },
    })));
  });
  afterAll(() => stack?.stop());

  /** Exports of every agent, then the scan of the night. */
  async function nextNight(): Promise<Readonly<Record<string, string>>> {
    await stack.upload(organisation);
    expect(await stack.scan()).toMatchObject({ state: 'finished', reasons: [] });
    return await rowsOf(stack);
  }

  const domainOf = ({ home }: Story): DomainController => {
    const forest = forests.forests.find(({ source }) => source === home?.source);
    return forest!.domains[home!.line.namingContext]!.controller;
  };
  const taken = new Set<Story>();
  /** A cloud object that nobody has touched yet, and that lives as it should. */
  function someone(
    type: Story['type'],
    name: string,
    of: (story: Story) => boolean = () => true,
  ): Story & {
    readonly home: { readonly line: ObjectLine };
  } {
    const found = organisation.stories.find(
      story => story.type === type && story.story === name && !taken.has(story) && of(story),
    );
    if (!found?.home) throw new Error(`expected another ${type} of the story ${name}, found none`);
    taken.add(found);
    return found as Story & { readonly home: { readonly line: ObjectLine } };
  }
  const isOfContoso = ({ home }: Story): boolean =>
    home?.source === 'contoso' && home.line.namingContext === 0;
  const hasMail = ({ home }: Story): boolean => home?.line.mail !== undefined;
  const dnOf = ({ home }: { readonly home: { readonly line: ObjectLine } }): string =>
    home.line.distinguishedName;
  const renamedTo = (dn: string, name: string, parent = parentOf(dn)): string => `CN=${name},${parent}`;

  const persons = {
    deleted: someone('user', 'ordinaryUser', isOfContoso),
    deletedInEmea: someone(
      'user',
      'ordinaryUser',
      story => !isOfContoso(story) && story.home?.source === 'contoso',
    ),
    recycled: someone('user', 'ordinaryUser'),
    group: someone('group', 'ordinaryGroup'),
    contact: someone('contact', 'ordinaryContact'),
    computer: someone('device', 'ordinaryDevice'),
    moved: someone('user', 'ordinaryUser'),
    movedOut: someone('user', 'ordinaryUser'),
    computerMovedOut: someone('device', 'ordinaryDevice'),
    renamed: someone('user', 'ordinaryUser'),
    renamedGroup: someone('group', 'ordinaryGroup'),
    reCreated: someone('user', 'ordinaryUser', hasMail),
    anchorOverwritten: someone('user', 'consistencyGuidDiffers', isAnchoredByConsistencyGuid),
    anchorCleared: someone('user', 'consistencyGuidDiffers', isAnchoredByConsistencyGuid),
    anchorClearedButGuid: someone('user', 'ordinaryUser', isOfContoso),
    untouched: someone('user', 'ordinaryUser'),
  };
  function isAnchoredByConsistencyGuid({ cloudId, home }: Story): boolean {
    const user = organisation.cloud.users.find(({ id }) => id === cloudId);
    return user?.onPremisesImmutableId === home?.line['mS-DS-ConsistencyGuid'];
  }
  const fatesIn = (rows: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(persons).map(([name, one]) => [name, rows[key(one)] ?? 'alive']));

  test('finds exactly the orphans that the generator made', async () => {
    expect(await stack.scan()).toMatchObject({ state: 'finished', runNumber: 1, reasons: [] });
    const rows = await rowsOf(stack);
    expect(candidatesIn(rows)).toEqual(organisation.orphans.map(key).sort());
    expect(new Set(Object.values(fatesIn(rows)))).toEqual(new Set(['alive']));
  });

  const wanted = {
    deleted: 'candidate deleted by tombstone',
    deletedInEmea: 'candidate deleted by tombstone',
    recycled: 'candidate deleted by tombstone',
    group: 'candidate deleted by tombstone',
    // What is left of a contact has lost the address, the one key that the cloud knows.
    contact: 'candidate absent by absence',
    computer: 'candidate deleted by tombstone',
    moved: 'alive',
    movedOut: 'attention outOfScope',
    computerMovedOut: 'attention outOfScope',
    renamed: 'alive',
    renamedGroup: 'alive',
    reCreated: 'attention reCreated',
    anchorOverwritten: 'attention reAnchored',
    anchorCleared: 'attention reAnchored',
    anchorClearedButGuid: 'alive',
    untouched: 'alive',
  };

  test('tells of everything that an administrator does what became of it', async () => {
    const { deleted, deletedInEmea, recycled, group, contact, computer } = persons;
    for (const one of [deleted, deletedInEmea, recycled, group, contact, computer])
      await domainOf(one).system.delete(dnOf(one));
    await domainOf(recycled).system.recycle(recycled.home.line.objectGUID);

    const { moved, movedOut, computerMovedOut, renamed, renamedGroup } = persons;
    const elsewhere = organisation.stories.find(
      other =>
        other.story === 'ordinaryUser' &&
        domainOf(other) === domainOf(moved) &&
        parentOf(other.home!.line.distinguishedName) !== parentOf(dnOf(moved)),
    )!;
    const inside = parentOf(elsewhere.home!.line.distinguishedName);
    await domainOf(moved).system.rename(dnOf(moved), renamedTo(dnOf(moved), 'somebody who moved', inside));
    for (const [number, one] of [movedOut, computerMovedOut].entries()) {
      const outside = `OU=No Sync,${domainOf(one).baseDn}`;
      await domainOf(one).system.rename(dnOf(one), renamedTo(dnOf(one), `out of scope ${number}`, outside));
    }
    await domainOf(renamed).system.rename(
      dnOf(renamed),
      renamedTo(dnOf(renamed), String.raw`Married\, Otto \+ née`),
    );
    await domainOf(renamedGroup).system.rename(
      dnOf(renamedGroup),
      renamedTo(dnOf(renamedGroup), 'Grüppchen'),
    );

    const { reCreated } = persons;
    const { userPrincipalName, mail, proxyAddresses } = reCreated.home.line;
    await domainOf(reCreated).system.delete(dnOf(reCreated));
    await domainOf(reCreated).system.add(dnOf(reCreated), {
      objectClass: 'user',
      sAMAccountName: 'recreated',
      userAccountControl: '544',
      userPrincipalName: userPrincipalName!,
      mail: mail!,
      proxyAddresses: proxyAddresses!,
    });

    const { anchorOverwritten, anchorCleared, anchorClearedButGuid } = persons;
    const attribute = 'mS-DS-ConsistencyGuid';
    await domainOf(anchorOverwritten).system.modify(dnOf(anchorOverwritten), [
      { operation: 'replace', attribute, values: bytesOfGuid(randomUUID()) },
    ]);
    for (const one of [anchorCleared, anchorClearedButGuid])
      await domainOf(one).system.modify(dnOf(one), [{ operation: 'replace', attribute }]);

    const rows = await nextNight();
    expect(fatesIn(rows)).toEqual(wanted);
    const more = [deleted, deletedInEmea, recycled, group, contact, computer];
    expect(candidatesIn(rows)).toEqual([...organisation.orphans, ...more].map(key).sort());
  });

  test('takes back what is undeleted, and only that', async () => {
    const { deleted, group, computer, contact } = persons;
    for (const one of [deleted, group, computer, contact])
      await domainOf(one).system.undelete(one.home.line.objectGUID, dnOf(one));
    const fates = fatesIn(await nextNight());
    const alive = 'withdrawn alive';
    expect(fates).toEqual({ ...wanted, deleted: alive, group: alive, computer: alive, contact: alive });
  });

  test('a domain that is cut off: its agent uploads nothing, and the scan goes on with the export before', async () => {
    const [contoso, fabrikam] = exporters.agents;
    const emea = forests.forests[0]!.domains[1]!.controller;
    const blobs = async (): Promise<string[]> =>
      (await Array.fromAsync(stack.blobs.getContainerClient(containerNames.exports).listBlobsFlat()))
        .map(({ name }) => name)
        .sort();
    await contoso!.configure({ limits: { attempts: 2, connectSeconds: 5 } });
    const rows = await rowsOf(stack);
    const before = await blobs();
    await emea.kill();
    const { code, told, output } = await contoso!.run(['run']);
    expect([code, output, told]).toEqual([3, '', told]);
    expect(told).toContain(`from ${emea.url}, found no way to its end in 2 attempts`);
    expect(await blobs()).toEqual(before);

    await fabrikam!.export();
    const [last] = await stack.runs.newest(1, AbortSignal.timeout(5000));
    const run = await stack.scan();
    expect(run).toMatchObject({ state: 'finished', reasons: [] });
    const folderOf = (of: typeof run, source: string): string =>
      of.exports.find(used => used.source === source)!.folder;
    expect(folderOf(run, 'contoso')).toBe(folderOf(last!, 'contoso'));
    expect(folderOf(run, 'fabrikam')).not.toBe(folderOf(last!, 'fabrikam'));
    expect(await rowsOf(stack)).toEqual(rows);

    await emea.start();
    expect(await nextNight()).toEqual(rows);
  });
});
