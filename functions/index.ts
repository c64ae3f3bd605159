import { readPart } from '../shared/io/configuration/configuration';
import { registerHealth } from './health';
import { registerHttpApi } from './httpApi';
import { registerNightlyScan } from './nightlyScan';
import { registerOpenEnds } from './openEnds';
import { registerScanDiagnosis } from './scanDiagnosis';
import { registerScanRequests } from './scanRequests';

// Registration reads one setting only, so that a wrong configuration shows in health and in the log, and not as an empty app.
registerHealth();
const part = readPart(process.env);
if (part === 'scan') {
  registerNightlyScan();
  registerScanRequests();
  registerScanDiagnosis();
}
if (part === 'review') {
  registerHttpApi();
  registerOpenEnds();
}
