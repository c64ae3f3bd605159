import { nightOf, tenantAssumptions } from './night';
import { prices } from './prices';

/** What is assumed of a month beside the scans. */
const monthAssumptions = {
  days: 30,
  /** The timer `openEnds`, every half hour. */
  openEndsPerDay: 48,
  secondsOfOpenEnds: 3,
  tableTransactionsOfOpenEnds: 10,
  /** The timer `scanDiagnosis`, every hour, for `npm run doctor`. */
  diagnosesPerDay: 24,
  secondsOfDiagnosis: 5,
  storageRequestsOfDiagnosis: 30,
  /** Requests of people to the API, and how long each keeps an instance busy. */
  apiCallsPerDay: 100,
  secondsPerApiCall: 2,
  /** Of these, calls that read all exports (explain, delete). */
  callsThatReadExports: 5,
  /** The agent's `run --if-due`, every ten minutes; each looks for requests. */
  agentLooksPerDay: 144,
  /** An export every 20 hours. */
  exportsPerDay: 1.2,
  /** EXPORT_RETENTION_DAYS, and 30 days in which a deleted blob can be brought back. */
  exportDaysKept: 120,
  /** One line of an export, compressed. */
  bytesPerExportLine: 200,
  bytesPerRow: 4_000,
  /** Leases, state and diagnosis of both Functions hosts. */
  hostOperationsPerDay: 10_000,
  queuePollsPerDay: 9_000,
  /** The log of requests to the data account. */
  bytesPerLoggedRequest: 1_000,
  /** What both apps and the platform log, twice (Application Insights and FunctionAppLogs), and their metrics. */
  megabytesOfLogsPerDay: 25,
  alertRules: 6,
} as const;

export const costLines = [
  'Functions: scan',
  'Functions: review',
  'Storage: capacity',
  'Storage: operations',
  'Logs',
  'Alert rules',
] as const;
export type CostLine = (typeof costLines)[number];

/** USD a month, by line. */
export type MonthlyCosts = Readonly<Record<CostLine, number>>;

const gigabyte = 1e9;
/** Memory of an instance of the part review; of the part scan where a tenant is larger than `largeTenant`. */
const instanceGigabytes = 2;
const largeInstanceGigabytes = 4;
const largeTenant = 500_000;

/** GB of memory of an instance that scans so many objects: the setting SCAN_MEMORY, 2048 or 4096. */
export const scanGigabytes = (objects: number): number =>
  objects > largeTenant ? largeInstanceGigabytes : instanceGigabytes;

const per10k = (operations: number, price: number): number => (operations / 10_000) * price;

/** Estimates a month of a tenant with so many synced objects, in the default deployment. An estimate: see the assumptions. */
export function monthlyCosts(objects: number): MonthlyCosts {
  const of = monthAssumptions;
  const { functions, blobs, tables, queues, logs } = prices;
  const night = nightOf(objects);
  const lines = objects * tenantAssumptions.exportLinesPerObject;
  const exportReads = Math.ceil(lines / 20_000) + tenantAssumptions.sources * 3;

  const executions = of.days * (1 + of.openEndsPerDay + of.diagnosesPerDay + of.apiCallsPerDay);
  const secondsOfReview =
    of.days *
    (of.openEndsPerDay * of.secondsOfOpenEnds +
      of.apiCallsPerDay * of.secondsPerApiCall +
      // Two passes, as the scan's; the lists of Graph are not read.
      of.callsThatReadExports * lines * 0.000_14);

  const exportGigabytes = (lines * of.bytesPerExportLine * of.exportsPerDay * of.exportDaysKept) / gigabyte;
  const tableGigabytes = (objects * tenantAssumptions.rowShare * of.bytesPerRow) / gigabyte;

  const tableTransactions =
    of.days *
    (night.tableTransactions + of.openEndsPerDay * of.tableTransactionsOfOpenEnds + of.apiCallsPerDay * 5);
  const blobReads =
    of.days *
    (night.blobReads +
      of.callsThatReadExports * exportReads * 2 +
      of.agentLooksPerDay * tenantAssumptions.sources +
      of.diagnosesPerDay * of.storageRequestsOfDiagnosis +
      of.hostOperationsPerDay);
  const blobWrites = of.days * (night.blobWrites + of.exportsPerDay * exportReads + of.apiCallsPerDay);
  const queueOperations = of.days * of.queuePollsPerDay;

  const logGigabytes =
    (of.days * of.megabytesOfLogsPerDay * 1e6 +
      (tableTransactions + blobReads - of.days * of.hostOperationsPerDay + blobWrites + queueOperations) *
        of.bytesPerLoggedRequest) /
    gigabyte;

  return {
    'Functions: scan':
      of.days *
      (night.seconds + of.diagnosesPerDay * of.secondsOfDiagnosis) *
      scanGigabytes(objects) *
      functions.perGigabyteSecond,
    'Functions: review':
      secondsOfReview * instanceGigabytes * functions.perGigabyteSecond +
      (executions / 1e6) * functions.perMillionExecutions,
    'Storage: capacity': exportGigabytes * blobs.perGigabyteMonth + tableGigabytes * tables.perGigabyteMonth,
    'Storage: operations':
      per10k(tableTransactions, tables.per10kTransactions) +
      per10k(blobReads, blobs.per10kReads) +
      per10k(blobWrites, blobs.per10kWrites) +
      per10k(queueOperations, queues.per10kOperations),
    // Kept for 90 days, of which the first 31 cost nothing.
    Logs: logGigabytes * (logs.perGigabyteIngested + 2 * logs.perGigabyteMonthRetained),
    'Alert rules': of.alertRules * logs.perAlertRuleMonth,
  };
}

/** What private networking adds, in USD a month: endpoints for blobs, queues and tables of three accounts and for two apps. */
export function privateNetworkingCosts(): number {
  const { perEndpointHour, perGatewayHour, perAddressHour, perGatewayGigabyte, perZoneMonth } =
    prices.network;
  const hours = 730;
  const endpoints = 3 * 3 + 2;
  const zones = 4;
  const gatewayGigabytes = 20;
  return (
    hours * (endpoints * perEndpointHour + perGatewayHour + perAddressHour) +
    zones * perZoneMonth +
    gatewayGigabytes * perGatewayGigabyte
  );
}
