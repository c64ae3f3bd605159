import { diagnosisRoute } from '../../functions/httpDiagnosis';
import { AppError } from '../../shared/core/appError';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { sampleDiagnosis } from '../infra/doctor/sampleDiagnosis';
import { ReviewBench } from './reviewBench';

const found = sampleDiagnosis(Date.parse('2026-11-27T12:00:00Z'));

const benchWith = (diagnose: () => Promise<typeof found>): ReviewBench => {
  const bench = new ReviewBench();
  bench.ports = () => ({ ...bench.memoryPorts(), diagnose });
  return bench;
};
const ask = (bench: ReviewBench, roles: readonly string[]): Promise<Response> =>
  bench.ask('GET', '/diagnosis', null, { claims: { roles: [...roles] } });

test('a reader sees what each part found', async () => {
  const answer = await ask(
    benchWith(async () => found),
    ['Orphans.Reader'],
  );
  expect(answer.status).toBe(200);
  expect(await expectDocumented(diagnosisRoute, answer)).toEqual(found);
});

test('a part scan that wrote nothing down is null', async () => {
  const answer = await ask(
    benchWith(async () => ({ ...found, scan: null })),
    ['Orphans.Reader'],
  );
  expect(await expectDocumented(diagnosisRoute, answer)).toMatchObject({ scan: null });
});

test('nobody without a role learns anything, and nothing is looked at for him', async () => {
  let asked = 0;
  const bench = benchWith(async () => {
    asked += 1;
    return found;
  });
  const answer = await ask(bench, []);
  expect(answer.status).toBe(403);
  await expectDocumented(diagnosisRoute, answer);
  expect(asked).toBe(0);
});

test('settings that are wrong are a problem, without their values', async () => {
  const answer = await ask(
    benchWith(() => Promise.reject(new AppError('configurationInvalid', 'secret'))),
    ['Orphans.Reader'],
  );
  expect(answer.status).toBe(503);
  expect(JSON.stringify(await expectDocumented(diagnosisRoute, answer))).not.toContain('secret');
});
