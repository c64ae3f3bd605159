import { objectTypes } from '../../../../shared/core/objectType';
import { snapshotPartsOf } from '../../../../shared/io/graph/snapshotParts';
import { snapshotPropertiesOf } from '../../../../shared/io/graph/snapshotProperties';
import { propertiesOf } from '../../../support/graph/metadata';

const entityOf = { user: 'user', group: 'group', contact: 'orgContact', device: 'device' } as const;

test.each(objectTypes)(
  "every property that Graph's metadata has for a %s is asked for, or left out with a reason",
  type => {
    const { select, leftOut } = snapshotPropertiesOf(type);
    const named = [...select, ...Object.keys(leftOut)];
    expect([...named].sort()).toEqual([...propertiesOf(entityOf[type]).keys()].sort());
    expect(new Set(named).size).toBe(named.length);
    expect(Object.values(leftOut)).not.toContain('');
  },
);

test.each(objectTypes)('the id of a %s is asked for: it is compared', type => {
  expect(snapshotPropertiesOf(type).select).toContain('id');
});

test.each(objectTypes)('the parts of a %s have names of their own', type => {
  const names = snapshotPartsOf(type).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('memberOf');
});
