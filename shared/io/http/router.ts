import type { RouteDescription, RouteMethod } from './route';

export type RouteMatch<One> =
  | { readonly kind: 'route'; readonly route: One; readonly params: Readonly<Record<string, string>> }
  /** The path exists, with other methods. */
  | { readonly kind: 'otherMethods'; readonly allow: readonly string[] }
  | { readonly kind: 'none' };

export type Router<One> = (method: string, path: readonly string[]) => RouteMatch<One>;

const parameterName = (segment: string): string | null => /^\{(\w+)\}$/.exec(segment)?.[1] ?? null;
const segmentsOf = (route: RouteDescription): readonly string[] => route.path.split('/').slice(1);
/** Two routes with one shape take the same paths. */
const shapeOf = (route: RouteDescription): string =>
  `${route.method} ${segmentsOf(route)
    .map(segment => (parameterName(segment) === null ? segment : '{}'))
    .join('/')}`;

/**
 * Finds routes by method and decoded segments of the path; a literal segment goes before a parameter, so the order of the list does
 * not matter. Throws a `RangeError` where two routes take the same paths with the same method.
 */
export function createRouter<One extends RouteDescription>(routes: readonly One[]): Router<One> {
  const shapes = routes.map(shapeOf);
  const twice = shapes.find((shape, at) => shapes.indexOf(shape) !== at);
  if (twice !== undefined) throw new RangeError(`Two routes are ${twice}.`);
  // "{" sorts after every letter, so literal segments come first.
  const ordered = routes.toSorted((one, other) => (shapeOf(one) < shapeOf(other) ? -1 : 1));
  return (method, path) => {
    const fitting = ordered.flatMap(route => {
      const params = matchPath(segmentsOf(route), path);
      return params === null ? [] : [{ route, params }];
    });
    if (fitting.length === 0) return { kind: 'none' };
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = fitting.find(({ route }) => route.method === wanted);
    return found ? { kind: 'route', ...found } : { kind: 'otherMethods', allow: allowOf(fitting) };
  };
}

function matchPath(
  segments: readonly string[],
  path: readonly string[],
): Readonly<Record<string, string>> | null {
  if (segments.length !== path.length) return null;
  const params: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const found = path[at] ?? '';
    const name = parameterName(segment);
    if (name !== null) params[name] = found;
    else if (segment !== found) return null;
  }
  return params;
}

function allowOf(fitting: readonly { readonly route: { readonly method: RouteMethod } }[]): string[] {
  const methods = new Set<string>(fitting.map(({ route }) => route.method));
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods, 'OPTIONS'].sort();
}
