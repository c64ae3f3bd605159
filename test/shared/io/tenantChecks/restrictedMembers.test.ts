import { AppError } from '../../../../shared/core/appError';
import type { GraphRequests } from '../../../../shared/io/graph/graphRequests';
import { findRestrictedMembers } from '../../../../shared/io/tenantChecks/restrictedMembers';
import { idOf } from '../../../support/graph/testGraph';

const never = new AbortController().signal;
const unit = idOf(1);
const units = { value: [{ id: unit, isMemberManagementRestricted: true }] };
const member = (n: number) => ({ id: idOf(n), '@odata.type': '#microsoft.graph.device' });

/** Answers by the end of the path. */
const answering = (units_: unknown, members: () => unknown): GraphRequests => ({
  address: pathAndQuery => `https://graph.example${pathAndQuery}`,
  json: url =>
    Promise.resolve().then(() => ({
      kind: 'answered',
      value: url.includes('/members') ? members() : units_,
      trace: '',
    })),
  count: () => Promise.reject(new Error('not counted')),
});

test('at most fifty of a type are looked for', async () => {
  const many = Array.from({ length: 60 }, (_, n) => member(n + 10));
  const found = await findRestrictedMembers(
    answering(units, () => ({ value: many })),
    never,
  );
  expect([found.device.size, found.user.size]).toEqual([50, 0]);
});

test('what is not in the documented form, or is not answered, is no member', async () => {
  const graphUnavailable = () => {
    throw new AppError('graphUnavailable', 'no answer');
  };
  for (const requests of [
    answering({ value: [{ name: 'x' }] }, () => ({ value: [] })),
    answering(units, () => ({ value: [{ name: 'x' }] })),
    answering(units, () => ({
      value: [{ id: 'x', '@odata.type': '#microsoft.graph.device' }, { id: idOf(2) }],
    })),
    answering(units, graphUnavailable),
  ]) {
    const found = await findRestrictedMembers(requests, never);
    expect(Object.values(found).map(set => set.size)).toEqual([0, 0, 0, 0]);
  }
});

test('an error that nobody expected is no answer', async () => {
  const broken = () => {
    throw new TypeError('broken');
  };
  await expect(findRestrictedMembers(answering(units, broken), never)).rejects.toThrow('broken');
});
