/**
 * List prices of Azure in USD, region West Europe, pay as you go, without reservations and without free grants. From Azure's public
 * price pages as they were in 2025 and rounded; prices change, and nothing here reads them. A new price is a new number here.
 */
export const prices = {
  asOf: '2025',
  functions: {
    page: 'https://azure.microsoft.com/pricing/details/functions/',
    /** Flex Consumption, on demand. */
    perGigabyteSecond: 0.000026,
    perMillionExecutions: 0.4,
  },
  blobs: {
    page: 'https://azure.microsoft.com/pricing/details/storage/blobs/',
    /** Hot, zone-redundant. */
    perGigabyteMonth: 0.0245,
    per10kWrites: 0.0675,
    per10kReads: 0.0054,
  },
  tables: {
    page: 'https://azure.microsoft.com/pricing/details/storage/tables/',
    perGigabyteMonth: 0.0563,
    per10kTransactions: 0.00036,
  },
  queues: {
    page: 'https://azure.microsoft.com/pricing/details/storage/queues/',
    per10kOperations: 0.005,
  },
  logs: {
    page: 'https://azure.microsoft.com/pricing/details/monitor/',
    perGigabyteIngested: 2.99,
    perGigabyteMonthRetained: 0.13,
    /** Of a rule that looks every 15 minutes or less often. */
    perAlertRuleMonth: 0.5,
  },
  network: {
    page: 'https://azure.microsoft.com/pricing/details/private-link/',
    perEndpointHour: 0.01,
    perGatewayHour: 0.045,
    perGatewayGigabyte: 0.045,
    perAddressHour: 0.005,
    perZoneMonth: 0.5,
  },
} as const;
