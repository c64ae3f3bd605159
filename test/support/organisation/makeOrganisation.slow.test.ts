import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { exportLineSchema, manifestSchema } from '../../../shared/core/exportFormat';
import type { ObjectType } from '../../../shared/core/objectType';
import graphProperties from './graphProperties.json';
import { makeOrganisation } from './makeOrganisation';
import type { ObjectLine } from './onPremises';
import { type Organisation, stories } from './organisation';
import type { CloudEntities } from './story';

const now = Date.parse('2026-11-20T02:00:00.123Z');
const organisation = makeOrganisation({ seed: 1, now });
const partlyCovered = makeOrganisation({ seed: 2, now, uncoveredForest: true });

const cloudOf = ({
  cloud,
}: Organisation): { readonly [Type in ObjectType]: readonly CloudEntities[Type][] } => ({
  user: cloud.users,
  group: cloud.groups,
  contact: cloud.contacts,
  device: cloud.devices,
});
const objectLines = ({ sources }: Organisation): ObjectLine[] =>
  sources.flatMap(({ lines }) => lines).filter(line => line.kind === 'object');
const types = ['user', 'group', 'contact', 'device'] as const;

describe('the sample organisation', () => {
  test('is the same, byte for byte, for the same seed, size and time, and another for another seed', () => {
    const text = (seed: number): string => JSON.stringify(makeOrganisation({ seed, objects: 600, now }));
    expect(text(1)).toBe(text(1));
    expect(text(1)).not.toBe(text(2));
  });

  test('shares no code with the comparison: of shared/ it takes types alone', () => {
    const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).filter(
      file => file.endsWith('.ts') && !file.endsWith('.test.ts'),
    );
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const source = readFileSync(path.join(__dirname, file), 'utf8');
      expect(source).not.toMatch(/^(?:import|export) (?!type\b)[^;]*'[^']*\/shared\//m);
      expect(source).not.toMatch(/\b(?:require|import)\(/);
    }
  });

  test.each([
    { objects: 200, uncoveredForest: false },
    { objects: 200, uncoveredForest: true },
    { objects: 5000, uncoveredForest: true },
    { objects: 12_345, uncoveredForest: false },
  ])('has exactly the synced objects that were asked for: $objects, $uncoveredForest', options => {
    const made = cloudOf(makeOrganisation({ seed: 3, now, ...options }));
    const synced = types.map(
      type => made[type].filter(object => object.onPremisesSyncEnabled === true).length,
    );
    expect(synced.reduce((sum, count) => sum + count, 0)).toBe(options.objects);
    const shares = synced.map(count => Math.round((100 * count) / options.objects));
    expect(shares).toEqual([70, 12, 6, 12]);
  });

  test.each([199, 500.5, Number.NaN])('refuses a size in which the stories find no room: %p', objects => {
    expect(() => makeOrganisation({ seed: 1, now, objects })).toThrow(RangeError);
  });

  test('scales to 100,000 objects, of which the orphans stay a few hundred', () => {
    const { cloud, stories: told, orphans } = makeOrganisation({ seed: 1, now, objects: 100_000 });
    expect(told.filter(({ outcome }) => outcome !== 'notSynced')).toHaveLength(100_000);
    expect(orphans.length).toBeGreaterThan(100);
    expect(orphans.length).toBeLessThan(1000);
    expect(new Set(cloud.devices.map(({ displayName }) => displayName)).size).toBe(cloud.devices.length);
  });
});

describe('its stories', () => {
  test('are one for each cloud object', () => {
    const ids = types.flatMap(type => cloudOf(organisation)[type].map(({ id }) => `${type} ${id}`));
    expect(new Set(ids).size).toBe(ids.length);
    expect(organisation.stories.map(({ type, cloudId }) => `${type} ${cloudId}`).sort()).toEqual(ids.sort());
  });

  test.each(types)('are all told of the type %s', type => {
    const told = (made: Organisation): Set<string> =>
      new Set(made.stories.filter(story => story.type === type).map(({ story }) => story));
    const needing = (definition: object): boolean => 'needsUncoveredForest' in definition;
    const all = Object.entries(stories[type]);
    expect(told(organisation)).toEqual(
      new Set(all.filter(([, definition]) => !needing(definition)).map(([name]) => name)),
    );
    expect(told(partlyCovered)).toEqual(new Set(all.map(([name]) => name)));
  });

  test('have every outcome, but for domains that are not covered, and dozens of candidates of every type', () => {
    const outcomes = (made: Organisation) => new Set(made.stories.map(({ outcome }) => outcome));
    // Where a domain is not covered, no contact is a candidate.
    expect(outcomes(partlyCovered)).toEqual(new Set([...outcomes(organisation), 'notCovered']));
    expect(outcomes(partlyCovered).size).toBe(10);
    expect(outcomes(organisation).size).toBe(9);
    expect(organisation.orphans.length).toBeGreaterThan(36);
    expect(new Set(organisation.orphans.map(({ type }) => type)).size).toBe(4);
  });

  test('end with the orphans: what was deleted or is absent and may be deleted, no more, no fewer', () => {
    const candidates = organisation.stories.filter(({ state }) => state === 'candidate');
    expect(organisation.orphans).toEqual(candidates.map(({ type, cloudId }) => ({ type, cloudId })));
    for (const { outcome, attention } of candidates) {
      expect(['deleted', 'absent']).toContain(outcome);
      expect(attention).toBeNull();
    }
    const missing = organisation.stories.filter(
      ({ outcome }) => outcome === 'deleted' || outcome === 'absent',
    );
    const withheld = missing.filter(({ state }) => state !== 'candidate');
    expect(withheld.length).toBe(missing.length - candidates.length);
    expect(new Set(withheld.map(({ attention }) => attention))).toEqual(new Set(['protected']));
  });

  test('give no verdict on contacts, nor on devices without SID, while a forest is not covered', () => {
    const outcomes = (story: string): Set<string> =>
      new Set(partlyCovered.stories.filter(told => told.story === story).map(({ outcome }) => outcome));
    expect(outcomes('contactWithoutTrace')).toEqual(new Set(['unknown']));
    expect(outcomes('deviceWithoutTraceOrSid')).toEqual(new Set(['unknown']));
    expect(outcomes('deviceWithoutTrace')).toEqual(new Set(['absent']));
    expect(partlyCovered.orphans.some(({ type }) => type === 'contact')).toBe(false);
  });

  test('put names that attack a spreadsheet, a page, a terminal and the eye before whoever reviews the orphans', () => {
    const orphans = new Set(organisation.orphans.map(({ cloudId }) => cloudId));
    const names = types
      .flatMap(type => cloudOf(organisation)[type])
      .filter(({ id = '' }) => orphans.has(id))
      .map(({ displayName }) => displayName ?? '');
    for (const hostile of ['=HYPERLINK(', '<img ', '\u001B[', '\u202E'])
      expect(names).toContainEqual(expect.stringContaining(hostile));
    expect(names.filter(name => /[^\0-~]/.test(name)).length).toBeGreaterThan(5);
  });
});

describe('its cloud', () => {
  const matches: Readonly<Record<string, (value: unknown) => boolean>> = {
    String: value => typeof value === 'string',
    Boolean: value => typeof value === 'boolean',
    DateTimeOffset: value => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value),
    mdmAuthority: value => typeof value === 'string',
  };

  function misfits(entity: keyof typeof graphProperties, object: object): string[] {
    const declared: Readonly<Record<string, string>> = graphProperties[entity];
    return Object.entries(object).flatMap(([property, value]: [string, unknown]) => {
      const [, collectionOf, single = '', neverNull] =
        /^(?:Collection\((\w+)\)|(\w+))(!?)$/.exec(declared[property] ?? '') ?? [];
      const items = Array.isArray(value) ? value.map((item: unknown) => item) : [];
      const fits =
        value === null
          ? neverNull === ''
          : collectionOf === undefined
            ? (matches[single]?.(value) ?? false)
            : Array.isArray(value) &&
              items.every(matches[collectionOf] ?? (item => typeof item === 'object' && item !== null));
      return fits ? [] : [`${entity}.${property}: ${JSON.stringify(value)}`];
    });
  }

  test.each([organisation, partlyCovered])("has only Graph's properties, with Graph's types", made => {
    const { users, groups, contacts, devices, organization } = made.cloud;
    const found = [
      ...users.flatMap(user => misfits('user', user)),
      ...groups.flatMap(group => misfits('group', group)),
      ...contacts.flatMap(contact => misfits('orgContact', contact)),
      ...devices.flatMap(device => misfits('device', device)),
      ...misfits('organization', organization),
    ];
    expect(found).toEqual([]);
  });

  test('shows the same properties for all objects of a type', () => {
    for (const type of types) {
      const shapes = new Set(cloudOf(organisation)[type].map(object => Object.keys(object).sort().join(' ')));
      expect([...shapes]).toHaveLength(1);
    }
  });

  test('was synchronised for the last time before the exports, save for what an unseen client feeds', () => {
    const startedAt = Math.min(...organisation.sources.map(source => source.startedAt));
    const storyOf = new Map(organisation.stories.map(({ cloudId, story }) => [cloudId, story]));
    const recent = types
      .flatMap(type => cloudOf(organisation)[type])
      .filter(({ onPremisesLastSyncDateTime: at }) => typeof at === 'string' && Date.parse(at) > startedAt);
    expect(new Set(recent.map(({ id = '' }) => storyOf.get(id)))).toEqual(new Set(['fedByUnseenClient']));
  });
});

describe('its exports', () => {
  test.each([organisation, partlyCovered])(
    'are lines of the format, within the naming contexts, no object twice',
    made => {
      const noLines = { user: 0, group: 0, contact: 0, computer: 0, other: 0, tombstone: 0 };
      for (const { lines, namingContexts } of made.sources) {
        const contexts = manifestSchema.shape.namingContexts.parse(
          namingContexts.map(context => ({ ...context, counts: noLines })),
        );
        const wrong = lines.filter(line => {
          const context = contexts[line.namingContext];
          const name = line.kind === 'object' ? line.distinguishedName : line.lastKnownParent;
          return (
            !exportLineSchema.safeParse(line).success ||
            name?.endsWith(`,${context?.distinguishedName}`) !== true
          );
        });
        expect(wrong).toEqual([]);
        expect(new Set(lines.map(({ objectGUID }) => objectGUID)).size).toBe(lines.length);
      }
    },
  );

  test('are of two forests and three domains, taken two hours ago', () => {
    const domains = organisation.sources.map(({ source, namingContexts, startedAt }) => ({
      source,
      domains: namingContexts.map(({ domain }) => domain?.dnsName),
      hoursAgo: (now - startedAt) / 3_600_000,
    }));
    expect(domains).toEqual([
      { source: 'contoso', domains: ['contoso.example', 'emea.contoso.example'], hoursAgo: 2 },
      { source: 'fabrikam', domains: ['fabrikam.example'], hoursAgo: 2 },
    ]);
  });

  test('hold hundreds of objects that have no twin in the cloud, of every class', () => {
    const homes = new Set(organisation.stories.map(({ home }) => home?.line.objectGUID));
    const extras = objectLines(organisation).filter(({ objectGUID }) => !homes.has(objectGUID));
    expect(extras.length).toBeGreaterThan(300);
    expect(new Set(extras.map(({ objectClass }) => objectClass))).toEqual(
      new Set(['user', 'group', 'contact', 'computer', 'other']),
    );
  });
});
