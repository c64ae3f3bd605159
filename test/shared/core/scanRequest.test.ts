import fc from 'fast-check';
import type { Guid } from '../../../shared/core/keys/guid';
import { parseScanRequest, scanRequestText } from '../../../shared/core/scanRequest';

const runId = '0e0e0e0e-0000-4000-8000-000000000009';

test('what is sent is read, parsed or as text', () => {
  fc.assert(
    fc.property(fc.uuid(), id => {
      const text = scanRequestText(id as Guid);
      expect(parseScanRequest(text)).toBe(id);
      expect(parseScanRequest(JSON.parse(text))).toBe(id);
    }),
  );
});

test.each([
  undefined,
  null,
  '',
  runId,
  'not JSON',
  [],
  {},
  { runId: 'run-1' },
  { runId: runId.replace('e', 'E') },
  { runId: ` ${runId}` },
  { runId, more: 1 },
  { runId: [runId] },
  JSON.stringify(JSON.stringify({ runId })),
])('%j is no request', message => expect(parseScanRequest(message)).toBeNull());
