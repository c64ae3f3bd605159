import { RestError } from '@azure/data-tables';
import { CredentialUnavailableError } from '@azure/identity';
import { AppError } from '../../../shared/core/appError';
import { serviceCode, storageError, type StorageResource } from '../../../shared/io/storageErrors';

const table: StorageResource = { name: 'table ScanRuns', role: 'Storage Table Data Contributor' };

test.each([
  [
    new RestError('no', { statusCode: 403, code: 'AuthorizationPermissionMismatch' }),
    /403 AuthorizationPermissionMismatch.*role Storage Table Data Contributor on the table ScanRuns/,
  ],
  [new RestError('no', { statusCode: 401 }), /HTTP 401\..*role Storage Table Data Contributor/],
  [new RestError('no', { statusCode: 404, code: 'TableNotFound' }), /404 TableNotFound.*infra/],
  [new RestError('no', { statusCode: 503, code: 'ServerBusy' }), /503 ServerBusy.*next run/],
  [new RestError('no', { code: 'ENOTFOUND' }), /no answer \(ENOTFOUND\).*endpoint setting/],
  [new RestError('cut off\nrequest: secret'), /no answer \(cut off\)/],
  [new CredentialUnavailableError('no identity\ndetails'), /no token \(no identity\).*managed identity/],
])('%s is storageUnavailable, with what to do', (error, message) => {
  expect(storageError(error, table)).toMatchObject({
    code: 'storageUnavailable',
    message: expect.stringMatching(message),
    cause: error,
  });
});

test('what the caller stopped for comes before what the SDK makes of it', () => {
  const reason = new AppError('lockLost', 'taken');
  const aborted = Object.assign(new Error('The operation was aborted.'), { name: 'AbortError' });
  expect(storageError(aborted, table, AbortSignal.abort(reason))).toBe(reason);
});

test('an error of the app stays as it is, also when it comes with an abort', () => {
  const conflict = new AppError('writeConflict', 'changed');
  expect(storageError(conflict, table)).toBe(conflict);
  expect(storageError(conflict, table, AbortSignal.abort())).toBe(conflict);
});

test('a programming error is not dressed up as a failure of the storage', () => {
  const bug = new TypeError('x is undefined');
  expect(storageError(bug, table)).toBe(bug);
  expect(storageError('text', table)).toBe('text');
});

test('the code of an answer is found wherever the service puts it', () => {
  const withDetails = (details: unknown): RestError =>
    Object.assign(new RestError('no', { statusCode: 404 }), { details });
  expect(serviceCode(new RestError('no', { code: 'BlobNotFound' }))).toBe('BlobNotFound');
  expect(serviceCode(withDetails({ odataError: { code: 'TableNotFound' } }))).toBe('TableNotFound');
  expect(serviceCode(withDetails({ errorCode: 'LeaseLost' }))).toBe('LeaseLost');
  expect(serviceCode(withDetails(undefined))).toBeUndefined();
});
