import type { Check, Deployment } from './deployment';

/** A place in a deployment: names and positions from its top. */
export type Place = readonly (string | number)[];

interface Read {
  /** Places of values that are no lists or objects. */
  readonly leaves: ReadonlyMap<string, Place>;
  /** Places of objects whose names, and of lists whose items, were gone through. */
  readonly listed: ReadonlyMap<string, Place>;
}

/** Everything that a check looks at in a deployment: it is handed one that takes note. */
function placesRead(check: Check, deployment: Deployment): Read {
  const leaves = new Map<string, Place>();
  const listed = new Map<string, Place>();
  const noting = <Target extends object>(target: Target, place: Place): Target =>
    new Proxy(target, {
      get(object, name): unknown {
        const value: unknown = Reflect.get(object, name);
        if (typeof name === 'symbol' || typeof value === 'function') return value;
        if (Array.isArray(object) && name === 'length') {
          listed.set(JSON.stringify(place), place);
          return value;
        }
        if (!Object.hasOwn(object, name)) return value;
        const inner = [...place, Array.isArray(object) ? Number(name) : name];
        if (typeof value === 'object' && value !== null) return noting(value, inner);
        leaves.set(JSON.stringify(inner), inner);
        return value;
      },
      ownKeys(object) {
        listed.set(JSON.stringify(place), place);
        return Reflect.ownKeys(object);
      },
    });
  check(noting(deployment, []));
  return { leaves, listed };
}

export interface Change {
  readonly title: string;
  readonly deployment: Deployment;
}

type Container = Record<string | number, unknown>;

/**
 * One change a deployment: each value that the check looks at becomes another one, or is missing; each list has one more, or one less.
 * Places in `done` are left out, and those that are gone through are added.
 */
export function* changesOf(check: Check, deployment: Deployment, done: Set<string>): Generator<Change> {
  const { leaves, listed } = placesRead(check, deployment);
  for (const [key, place] of leaves) {
    if (done.has(key)) continue;
    done.add(key);
    const value = valueAt(deployment, place);
    for (const other of otherValues(value))
      yield changed(
        deployment,
        place,
        `${JSON.stringify(value)} becomes ${JSON.stringify(other)}`,
        (inside, name) => {
          inside[name] = other;
        },
      );
    yield changed(deployment, place, 'is missing', (inside, name) => {
      if (Array.isArray(inside)) inside.splice(Number(name), 1);
      else delete inside[name];
    });
  }
  for (const [key, place] of listed) {
    if (done.has(key)) continue;
    done.add(key);
    // Resources as a whole are changed by name: see the test of the inventory.
    if (place.length < 2) continue;
    yield changed(deployment, [...place, ''], 'one more', inside => {
      if (Array.isArray(inside)) inside.push('unexpected');
      else inside['unexpected'] = 'unexpected';
    });
    const list = valueAt(deployment, place);
    if (Array.isArray(list) && list.length > 0)
      yield changed(deployment, [...place, ''], 'one less', inside => {
        (inside as unknown as unknown[]).shift();
      });
  }
}

const valueAt = (deployment: Deployment, place: Place): unknown =>
  place.reduce<unknown>((inside, name) => (inside as Container)[name], deployment);

function otherValues(value: unknown): readonly unknown[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1];
  // The end of a name is changed, and the whole of it.
  return typeof value === 'string' && value !== '' ? [`${value}x`, 'changed'] : ['changed'];
}

function changed(
  deployment: Deployment,
  place: Place,
  how: string,
  change: (inside: Container, name: string | number) => void,
): Change {
  const copy = copyAlong(deployment, place.slice(0, -1));
  change(valueAt(copy, place.slice(0, -1)) as Container, place.at(-1) ?? '');
  const [, index] = place;
  const id = typeof index === 'number' ? (deployment.resources[index]?.id ?? '') : '';
  return { title: `${id} ${place.slice(2).join('.')}: ${how}`, deployment: copy };
}

/** A copy of whatever lies on the way; the rest is shared. */
function copyAlong<Inside>(inside: Inside, [name, ...rest]: Place): Inside {
  const copy = (Array.isArray(inside) ? [...(inside as unknown[])] : { ...inside }) as Inside & Container;
  if (name !== undefined) (copy as Container)[name] = copyAlong((inside as Container)[name], rest);
  return copy;
}
