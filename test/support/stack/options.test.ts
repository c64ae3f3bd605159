import { parseArguments } from './options';

describe('the options of npm start', () => {
  test('have sensible defaults', () => {
    expect(parseArguments([])).toEqual({
      kind: 'run',
      arguments: {
        once: false,
        json: false,
        func: false,
        ad: false,
        allowDeletion: false,
        nights: 8,
        objects: 5000,
        seed: 1,
        port: 7071,
      },
    });
  });

  test('are read', () => {
    const given = ['--once', '--json', '--objects', '200', '--seed=7', '--port', '0'];
    expect(parseArguments(given)).toMatchObject({
      arguments: { once: true, json: true, objects: 200, seed: 7, port: 0 },
    });
    expect(parseArguments(['--allow-deletion'])).toMatchObject({ arguments: { allowDeletion: true } });
    expect(parseArguments(['--nights', '1'])).toMatchObject({ arguments: { nights: 1 } });
    expect(parseArguments(['--nights=30'])).toMatchObject({ arguments: { nights: 30 } });
    expect(parseArguments(['--ad'])).toMatchObject({ arguments: { ad: true, nights: 1 } });
    expect(parseArguments(['--help'])).toEqual({ kind: 'help' });
  });

  test.each([
    [['--objects', '199'], /--objects: a whole number from 200/],
    [['--objects', 'many'], /found "many"/],
    [['--port', '65536'], /--port/],
    [['--nights', '0'], /--nights: a whole number from 1 to 30/],
    [['--nights', '31'], /--nights/],
    [['--ad', '--nights', '2'], /no past/],
    [['--twice'], /--twice/],
    [['now'], /now/],
  ])('%j is refused, with what was expected', (given, problem) => {
    expect(parseArguments(given)).toEqual({ kind: 'wrong', problem: expect.stringMatching(problem) });
  });
});
