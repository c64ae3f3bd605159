/** Containers and tables of the data account; infra and the local stack create them. */
export const containerNames = {
  exports: 'exports',
  evidence: 'evidence',
  locks: 'locks',
  requests: 'requests',
  audit: 'audit',
  snapshots: 'snapshots',
  notifications: 'notifications',
} as const;

export const tableNames = {
  candidates: 'OrphanCandidates',
  runs: 'ScanRuns',
  decisions: 'Decisions',
  rules: 'Rules',
  audit: 'AuditLog',
} as const;
