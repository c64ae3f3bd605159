import type { CloudObject } from '../../../shared/core/cloudObject';
import { formatInstant, type Instant } from '../../../shared/core/instant';
import { guidOf } from './lab';
import type { FaultWorld } from './world';

/** What Graph would answer for the object: the inverse of shared/io/graph/entities. */
export function putCloudObject(
  { services: { graph } }: FaultWorld,
  object: CloudObject,
  move: (at: Instant) => Instant,
): void {
  const { directory } = graph;
  const entity = Object.fromEntries(
    Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
      if (name === 'type') return [];
      if (name === 'assignedLicenseCount')
        return [['assignedLicenses', several(Number(value), at => ({ skuId: guidOf(`licence ${at}`) }))]];
      if (name === 'onPremisesProvisioningErrorCount')
        return [
          ['onPremisesProvisioningErrors', several(Number(value), () => ({ category: 'PropertyConflict' }))],
        ];
      if (name.endsWith('DateTime') && typeof value === 'number')
        return [[name, formatInstant(move(value as Instant))]];
      return [[name, value]];
    }),
  );
  switch (object.type) {
    case 'user':
      return directory.put('user', entity);
    case 'group':
      return directory.put('group', { groupTypes: [], ...entity });
    case 'contact':
      return directory.put('contact', entity);
    case 'device':
      return directory.put('device', entity);
  }
}

const several = <Value>(count: number, make: (at: number) => Value): Value[] =>
  Array.from({ length: count }, (_, at) => make(at));
