import { costTables } from './costs/costsTable';

process.stdout.write(costTables());
