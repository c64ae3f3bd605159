import type { GateResult } from '../../../../shared/core/gates/gate';

/** In what a result contradicts itself, whatever gate it is of: a breach weighs something, and what was passed says and holds nothing. */
export function faultsOf(gate: GateResult): string[] {
  const { passed, severity, found, limit, reason, holds, releasedBy } = gate;
  const claims: Readonly<Record<string, boolean>> = {
    'severity above 0 where, and only where, it was breached': severity > 0 === !passed && severity >= 0,
    'a finite severity: its row must be readable': Number.isFinite(severity),
    'the figure and its limit': found !== '' && limit !== '',
    'neither reason nor hold where it was passed': !passed || (reason === '' && !holds),
    'released by nobody': releasedBy === null,
  };
  return Object.entries(claims).flatMap(([claim, holdsTrue]) => (holdsTrue ? [] : `${gate.gate}: ${claim}`));
}

export const expectSound = (gate: GateResult): void => expect(faultsOf(gate)).toEqual([]);

/** What the reason of a breach fails to say, of what was expected, what was found, and what to do. */
export const unsaid = ({ reason }: GateResult, ...parts: readonly (string | RegExp)[]): (string | RegExp)[] =>
  parts.filter(part => (typeof part === 'string' ? !reason.includes(part) : !part.test(reason)));
