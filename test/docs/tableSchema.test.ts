import type { TableClient } from '@azure/data-tables';
import type { CloudId } from '../../shared/core/cloudObject';
import type { CandidateFacts } from '../../shared/core/facts';
import { objectTypes } from '../../shared/core/objectType';
import type { ScanRun } from '../../shared/core/scanRun';
import { auditMonthOf, mirrorLineOf, nextAuditRow } from '../../shared/core/audit';
import { createAuditLog } from '../../shared/app/auditWriter';
import { createAuditMirror } from '../../shared/io/audit/auditMirror';
import { createAuditTable } from '../../shared/io/audit/auditTable';
import { rowOfAudit, rowOfHead, rowOfOperation } from '../../shared/io/audit/auditRows';
import { createDeletionCaps } from '../../shared/io/tables/decisionCapsTable';
import { createDecisionTable } from '../../shared/io/tables/decisionTable';
import { createRuleTable } from '../../shared/io/tables/ruleTable';
import { rowOfDecision } from '../../shared/io/tables/decisionRow';
import { rowOfRule } from '../../shared/io/tables/ruleRow';
import { createCandidateTable } from '../../shared/io/tables/candidateTable';
import { rowOfFacts } from '../../shared/io/tables/candidateRow';
import { rowOfRun } from '../../shared/io/tables/scanRunRow';
import { createScanRunTable } from '../../shared/io/tables/scanRunTable';
import { ada, approval, decisions, quarantine, userId } from '../shared/core/decisions';
import { aRule, contents } from '../shared/core/rules';
import { anEntry } from '../shared/io/audit/auditContract';
import { listeningLog, open, startStorage, type Storage } from '../shared/io/tables/storage';
import { instant } from '../support/builders';
import { aGate } from '../support/scanDefaults';
import { readDocument, section, table } from './markdown';

const document = readDocument('docs/table-schema.md');
const at = instant('2026-11-20T02:00:00Z');
const idOf = (digit: number): CloudId => `0a0a0a0a-0000-0000-0000-00000000000${digit}` as CloudId;

/** Facts with something in every column. */
const facts: CandidateFacts = {
  type: 'user',
  id: idOf(1),
  state: 'candidate',
  outcome: 'absent',
  attention: 'duplicate',
  withdrawal: 'alive',
  proof: 'absence',
  evidence: { kind: 'inline', json: '{}' },
  evidenceHash: 'a'.repeat(64),
  waitsFor: [{ for: 'grace', until: at }],
  firstObservedRun: 1,
  firstObservedAt: at,
  changedRun: 1,
  changedAt: at,
  displayName: 'Ada',
  userPrincipalName: 'ada@contoso.example',
  mail: 'ada@contoso.example',
  onPremisesSamAccountName: 'ada',
  onPremisesDomainName: 'contoso.example',
  accountEnabled: true,
  assignedLicenseCount: 1,
  onPremisesLastSyncDateTime: at,
};

const counts = { read: 1, notSynced: 0, outcomes: { live: 1 }, unknownReasons: {} };
const run: ScanRun = {
  runId: 'run-1',
  runNumber: 1,
  state: 'refused',
  startedAt: at,
  finishedAt: at,
  durations: {},
  reasons: ['why'],
  gates: [],
  exports: [],
  counts: { user: counts, group: counts, contact: counts, device: counts },
  plan: { created: 0, refreshed: 0, attention: 0, withdrawn: 0, unchanged: 0 },
  planDigest: 'b'.repeat(64),
  fence: 1,
  version: '0.1.0',
  acceptedBefore: 'run-0',
  holds: [],
  synchronisation: null,
};
const long = 'x'.repeat(40_000);

const typeOf = (value: unknown): string => {
  if (value instanceof Date) return 'DateTime';
  return { string: 'String', number: 'Int32', boolean: 'Boolean' }[typeof value as 'string'] ?? 'unknown';
};

const written = (...rows: object[]): Map<string, string> =>
  new Map(
    rows
      .flatMap(row => Object.entries(row))
      .filter(([name]) => name !== 'partitionKey' && name !== 'rowKey')
      .map(([name, value]) => [name, typeOf(value)]),
  );

const documented = (heading: string): Map<string, string> =>
  new Map(table(section(document, heading), 'Column', 'Type').map(([name = '', type = '']) => [name, type]));

const sorted = (columns: ReadonlyMap<string, string>): string[] =>
  [...columns].map(([name, type]) => `${name} ${type}`).sort();

describe('the documented columns are those that the code writes', () => {
  test('OrphanCandidates', () => {
    const spilled = rowOfFacts({ ...facts, evidence: { kind: 'inline', json: JSON.stringify(long) } });
    expect(sorted(documented('## OrphanCandidates'))).toEqual(sorted(written(rowOfFacts(facts), spilled)));
  });

  test('ScanRuns', () => {
    const gate = aGate({ found: long });
    const columns = written(rowOfRun(run).row, rowOfRun({ ...run, gates: [gate] }).row);
    const perType = new RegExp(`^(?:${objectTypes.join('|')})(Read|NotSynced|_.+)$`);
    const named = new Map(
      [...columns].map(([name, type]) => [
        name.replace(
          perType,
          (_, suffix: string) => `<type>${suffix.startsWith('_') ? '_<outcome>' : suffix}`,
        ),
        type,
      ]),
    );
    expect(sorted(documented('## ScanRuns'))).toEqual(sorted(named));
  });
});

describe('the documented columns of the part review and of the audit log are those that the code writes', () => {
  const columnsOf = (text: string): string[] =>
    table(text, 'Column', 'Type').map(([name = '', type = '']) => `${name} ${type}`);
  /** The text of a section from a phrase on. */
  const from = (text: string, phrase: string): string => {
    const begin = text.indexOf(phrase);
    if (begin === -1) throw new RangeError(`there is no "${phrase}"`);
    return text.slice(begin);
  };

  test('Decisions', () => {
    const rows = Object.values(decisions).map(decision => rowOfDecision({ ...decision, quarantine }));
    const full = rowOfDecision({
      ...decisions.lapsed,
      lapse: { at, reason: 'reopened', by: ada },
      approval: { ...approval, confirmation: 'Sales' },
    });
    const restored = rowOfDecision({
      ...decisions.restored,
      restoration: { by: ada, at, comment: 'by mistake' },
    });
    expect(columnsOf(section(document, '## Decisions')).toSorted()).toEqual(
      sorted(written(...rows, full, restored)),
    );
  });

  test('Rules', () => {
    const rows = contents.map(content => rowOfRule(aRule(content)));
    expect(columnsOf(section(document, '## Rules')).toSorted()).toEqual(sorted(written(...rows)));
  });

  test('AuditLog', () => {
    const log = section(document, '## AuditLog');
    const chain = { part: 'review', month: auditMonthOf(at) } as const;
    const { row, head } = nextAuditRow(chain, anEntry('one'), null, null);
    expect(columnsOf(from(log, 'A row of the chain')).toSorted()).toEqual(sorted(written(rowOfAudit(row))));
    expect(columnsOf(from(log, 'A row of the index')).toSorted()).toEqual(
      sorted(written(rowOfOperation(row))),
    );
    const closed = rowOfHead(chain, { ...head, previous: chain.month, next: chain.month });
    expect(columnsOf(from(log, 'The head: ')).toSorted()).toEqual(sorted(written(closed)));
    const hashed = /^`hash` is over [^{]*`\{([^`]*)\}`/m.exec(log)?.[1]?.replaceAll(/\s+/g, ' ');
    const members = Object.keys(JSON.parse(mirrorLineOf(row))).filter(name => name !== 'hash');
    expect(hashed?.replaceAll(/: (?:\{[^}]*\}|1)/g, '').split(', ')).toEqual(members);
  });
});

describe('the documented columns of the daily caps', () => {
  let storage: Storage;
  beforeAll(async () => {
    storage = await startStorage();
  });
  afterAll(() => storage.stop());

  test('are those that the code writes', async () => {
    const client = await storage.table();
    const limits = { perDay: 1, perType: { user: 1, group: 1, contact: 1, device: 1 } };
    const caps = createDeletionCaps({ table: client, limits });
    await caps.claim({ operationId: '1', type: 'user', count: 1, at }, open);
    const rows: object[] = [];
    for await (const { etag: _, timestamp: __, ...row } of client.listEntities()) rows.push(row);
    const names = [...written(...rows).keys()].filter(name => name !== 'odata.metadata');
    const documentedNames = table(section(document, '### Daily caps'), 'Column', 'Type').map(
      ([name = '']) => name,
    );
    expect(documentedNames.toSorted()).toEqual(names.toSorted());
  });
});

describe('the documented queries', () => {
  const queries = section(document, '## Queries');
  const blockOf = (heading: string, language: string): string => {
    const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(section(queries, heading))?.[1];
    if (found === undefined) throw new RangeError(`${heading} has no block in ${language}`);
    return found;
  };
  let storage: Storage;
  let candidates: TableClient;
  let runs: TableClient;
  let decided: TableClient;
  let audit: TableClient;
  let rules: TableClient;
  const inAWeek = (Date.now() + 7 * 24 * 60 * 60 * 1000) as typeof at;

  beforeAll(async () => {
    storage = await startStorage();
    [candidates, runs] = [await storage.table(), await storage.table()];
    [decided, audit, rules] = [await storage.table(), await storage.table(), await storage.table()];
    const spill = await storage.container();
    const log = listeningLog();
    const rows = [
      facts,
      { ...facts, id: idOf(2), state: 'attention' },
      { ...facts, id: idOf(3), state: 'withdrawn' },
    ] as const;
    await createCandidateTable({ table: candidates, spill, log }).write(
      rows.map(one => ({ etag: null, facts: one })),
      async () => undefined,
      open,
    );
    const runTable = createScanRunTable({ table: runs, spill, log });
    await runTable.create(run, open);
    await runTable.create(
      { ...run, runId: 'run-2', runNumber: 2, startedAt: (at + 1) as typeof at, finishedAt: null },
      open,
    );
    const decisionTable = createDecisionTable(decided);
    for (const [id, expiresAt] of [
      [decisions.approved.id, inAWeek],
      [idOf(2), at],
    ] as const)
      await decisionTable.write(
        { ...decisions.approved, id, approval: { ...approval, expiresAt } },
        null,
        open,
      );
    await decisionTable.write({ ...decisions.rejected, id: idOf(3) }, null, open);
    // Rows without a state, of which no query may speak.
    const limits = { perDay: 1, perType: { user: 1, group: 1, contact: 1, device: 1 } };
    await createDeletionCaps({ table: decided, limits }).claim(
      { operationId: '1', type: 'user', count: 1, at },
      open,
    );
    const auditLog = createAuditLog({
      part: 'review',
      table: createAuditTable(audit),
      mirror: createAuditMirror({ container: await storage.container() }),
      log,
    });
    for (const [action, id] of [
      ['candidateApproved', idOf(1)],
      ['candidateRejected', idOf(2)],
      ['deletionStarted', idOf(1)],
    ] as const)
      await auditLog.record({ ...anEntry(`${action}.${id}`), action, object: { type: 'user', id } }, open);
    const ruleTable = createRuleTable(rules);
    for (const [index, content] of contents.entries())
      await ruleTable.add(aRule(content, { ruleId: idOf(index) }), open);
  });
  afterAll(() => storage.stop());

  const execute = (code: string): Promise<unknown> => {
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
      ...source: string[]
    ) => (...tables: TableClient[]) => Promise<unknown>;
    return new AsyncFunction('candidates', 'runs', 'decisions', 'audit', 'rules', code)(
      candidates,
      runs,
      decided,
      audit,
      rules,
    );
  };

  test.each<[string, unknown]>([
    ['### Open candidates', [{ type: 'user', id: idOf(1), name: 'Ada', proof: 'absence' }]],
    ["### Last night's run", { number: 2, state: 'refused', reasons: 'why' }],
    ['### What a person must look at', { duplicate: [`user/${idOf(2)}`] }],
    [
      '### Who approved what',
      [
        {
          object: `user/${idOf(2)}`,
          by: ada.name,
          until: new Date(at).toISOString(),
          inForce: false,
        },
        {
          object: `user/${decisions.approved.id}`,
          by: ada.name,
          until: new Date(inAWeek).toISOString(),
          inForce: true,
        },
      ],
    ],
    [
      '### What happened to an object',
      ['candidateApproved', 'deletionStarted'].map(what => {
        const { actor, at: when } = anEntry('one');
        return { at: new Date(when).toISOString(), who: actor.name ?? actor.id, what };
      }),
    ],
    [
      '### What is excluded, and by whom',
      [
        { what: `user ${userId}`, by: ada.name, reason: 'board decision' },
        { what: 'user onPremisesDomainName = Lab.example', by: ada.name, reason: 'board decision' },
      ],
    ],
  ])('%s: the JavaScript gives what it says, and the CLI asks the same', async (heading, expected) => {
    const code = blockOf(heading, 'js');
    expect(await execute(code.replaceAll('<id>', idOf(1)))).toEqual(expected);
    const filter = /--filter "([^"]+)"/.exec(blockOf(heading, 'sh'))?.[1];
    expect(code).toContain(`filter: "${filter}"`);
  });

  test('name only columns that exist', () => {
    const known = new Set([
      ...documented('## OrphanCandidates').keys(),
      ...documented('## ScanRuns').keys(),
      ...documented('## Decisions').keys(),
      ...documented('## AuditLog').keys(),
      ...documented('## Rules').keys(),
      'PartitionKey',
      'RowKey',
      'user_absent',
      'user_deleted',
    ]);
    const selected = [...queries.matchAll(/--select ([^\n]+)/g)].flatMap(match => match[1]?.split(' ') ?? []);
    const expanded = [...queries.matchAll(/"Content", \{([^}]+)\}/g)].flatMap(
      match => match[1]?.replaceAll('"', '').split(', ') ?? [],
    );
    expect(selected.length).toBeGreaterThan(0);
    expect(expanded.length).toBeGreaterThan(0);
    expect([...selected, ...expanded].filter(name => !known.has(name))).toEqual([]);
  });
});
