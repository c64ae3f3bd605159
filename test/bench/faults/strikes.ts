import type { Fault as GraphFault, FaultRule, Faults } from '../../support/graph/faults';
import type { StorageFault, StorageFront, StorageRequest } from './storageFront';

/** More often than any night asks. */
export const always = 10_000;

interface Strike {
  readonly what: string;
  hits: number;
  readonly least: number;
}

/** Faults of the services, and how often they took place: one that did not strike proves nothing. */
export class Strikes {
  #strikes: Strike[] = [];

  constructor(
    private readonly graphFaults: Faults,
    private readonly front: StorageFront,
  ) {}

  /** Microsoft Graph answers otherwise, `times` often; each one must take place. */
  graph(when: FaultRule['when'], fault: GraphFault, times = always): void {
    const strike = { what: `Graph: ${fault.kind}`, hits: 0, least: times === always ? 1 : times };
    this.#strikes.push(strike);
    this.graphFaults.add({ when, times, do: { kind: 'run', callback: () => void (strike.hits += 1) } });
    this.graphFaults.add({ when, times, do: fault });
  }

  /** The storage fails; `fits` says at which requests, `times` how often at most. A later one takes the place of this one. */
  storage(
    what: string,
    fits: (request: StorageRequest) => boolean,
    fault: StorageFault,
    times = always,
  ): void {
    const strike = { what: `storage: ${what}`, hits: 0, least: 1 };
    this.#strikes.push(strike);
    this.front.faults = request => {
      if (strike.hits >= times || !fits(request)) return null;
      strike.hits += 1;
      return fault;
    };
  }

  /** Those that were ordered and did not take place. */
  get missed(): readonly string[] {
    return this.#strikes
      .filter(({ hits, least }) => hits < least)
      .map(({ what, hits, least }) => `${what}: expected to strike ${least} times, did ${hits} times`);
  }

  /** From now on everything answers as it should. */
  end(): void {
    this.front.faults = () => null;
    this.graphFaults.clear();
  }

  begin(): void {
    this.end();
    this.#strikes = [];
  }
}
