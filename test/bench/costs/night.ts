/** What is assumed of a tenant. Shares are of its synced objects; the sample organisation of `npm start` has about the same. */
export const tenantAssumptions = {
  /** Users, as a rule: the longest of the four lists, which are read side by side. */
  largestListShare: 0.7,
  /** Live objects and tombstones of all exports, of any class. */
  exportLinesPerObject: 1.15,
  /** Rows of OrphanCandidates that were ever written: years of orphans, and what a person has to look at. */
  rowShare: 0.02,
  /** Rows that change in an ordinary night. */
  changedRowShare: 0.0002,
  /** Decisions that were ever made, of the rows. */
  decisionsPerRow: 0.5,
  sources: 2,
} as const;

const graphPageObjects = 999;
const tablePageRows = 1_000;
const batchRows = 100;
/** The agent's limit of a part (agent/src/io/parts/partWriter.ts). */
const partLines = 20_000;
const objectTypes = 4;
const leaseRenewalSeconds = 20;

/** Seconds that are assumed where only Azure and Graph decide. */
const timeAssumptions = {
  /** One page of 999 objects from Graph. */
  secondsPerGraphPage: 1,
  /** Reading, verifying and comparing one line, in one pass: three times what `npm run prove:scale` takes. */
  secondsPerLineAndPass: 0.000_07,
  /** Signing in, tables, closing the record. */
  secondsBesides: 10,
} as const;

/** What one ordinary scan asks of others. */
export interface NightlyOperations {
  readonly graphRequests: number;
  readonly tableTransactions: number;
  readonly blobReads: number;
  readonly blobWrites: number;
  /** How long the scan takes, in seconds. */
  readonly seconds: number;
}

const pagesOf = (items: number, page: number): number => Math.max(1, Math.ceil(items / page));

/**
 * Counts one scan of a night on which little changed, from page and batch sizes. Of Graph: each list, its two counts, the deleted
 * users, organisation, and what is read by id. test/docs/costs.slow.test.ts counts what a run really asks for.
 */
export function nightOf(objects: number): NightlyOperations {
  const { largestListShare, exportLinesPerObject, rowShare, changedRowShare, decisionsPerRow, sources } =
    tenantAssumptions;
  const lines = Math.ceil(objects * exportLinesPerObject);
  const rows = Math.ceil(objects * rowShare);
  const changed = Math.ceil(objects * changedRowShare);
  const largestList = pagesOf(objects * largestListShare, graphPageObjects);
  const graphRequests = pagesOf(objects, graphPageObjects) + objectTypes + objectTypes * 2 + 6;
  const batches = pagesOf(changed, batchRows) + objectTypes;
  const { secondsPerGraphPage, secondsPerLineAndPass, secondsBesides } = timeAssumptions;
  const seconds = Math.ceil(
    largestList * secondsPerGraphPage + lines * secondsPerLineAndPass * 2 + secondsBesides,
  );
  const parts = pagesOf(lines, partLines) + sources;
  const renewals = Math.ceil(seconds / leaseRenewalSeconds);
  return {
    graphRequests,
    // Rows, decisions, the newest runs twice, rules; the record's life; batches; an audit row now and then.
    tableTransactions:
      pagesOf(rows, tablePageRows) + pagesOf(rows * decisionsPerRow, tablePageRows) + 5 + 5 + batches + 10,
    // Of each source the folder list, manifest and signature, in both passes; each part in both; the lock before each batch.
    blobReads: sources * 2 * 3 + parts * 2 + batches + 10,
    blobWrites: renewals + 10,
    seconds,
  };
}
