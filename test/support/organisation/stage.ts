import { type Domain, type Forests, foundForests } from './forests';
import { newGuid } from './identifiers';
import { NamePool } from './names';
import { Random } from './random';

const second = 1000;
const hour = 60 * 60 * second;
const day = 24 * hour;

/** RFC 3339 in UTC to the second, as Microsoft Graph writes it. */
const graphDateTime = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** What the makers of objects share: chance, the calendar, the names that are taken, the forests. */
export class Stage {
  readonly random: Random;
  readonly names = new NamePool();
  readonly forests: Forests;
  readonly tenantId: string;
  readonly #now: number;

  /** `now`: milliseconds since 1970; every date of the organisation is relative to it. */
  constructor(seed: number, now: number) {
    this.random = new Random(seed);
    this.forests = foundForests(this.random);
    this.tenantId = this.guid();
    this.#now = now;
  }

  guid(): string {
    return newGuid(this.random);
  }

  /** An exported domain: half of the objects live in contoso.example, a quarter in each of the others. */
  someDomain(): Domain {
    const { contoso, emea, fabrikam } = this.forests;
    return this.random.pick([contoso, contoso, emea, fabrikam]);
  }

  hoursAgo(hours: number): string {
    return graphDateTime(this.#now - hours * hour);
  }

  /** Days from this date until now. */
  daysSince(date: string): number {
    return (this.#now - Date.parse(date)) / day;
  }

  /** Some second between `least` and `most` days ago. */
  daysAgo(least: number, most: number): string {
    return graphDateTime(
      this.#now - least * day - this.random.below(((most - least) * day) / second) * second,
    );
  }
}
