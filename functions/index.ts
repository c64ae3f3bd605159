import { appParts } from '../shared/io/configuration';
import { registerHealth } from './health';
import { registerHttpApi } from './httpApi';
import { registerNightlyScan } from './nightlyScan';
import { registerOpenEnds } from './openEnds';
import { registerScanDiagnosis } from './scanDiagnosis';
import { registerScanRequests } from './scanRequests';

// Registration reads one setting only, so that a wrong configuration shows in health and in the log, and not as an empty app.
registerHealth();
const part = appParts.find(name => name === process.env['APP_PART']);
if (part === 'scan') {
  registerNightlyScan();
  registerScanRequests();
  registerScanDiagnosis();
}
if (part === 'review') {
  registerHttpApi();
  registerOpenEnds();
}
