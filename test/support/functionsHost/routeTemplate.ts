const constraints = {
  alpha: /^[a-z]*$/i,
  guid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  int: /^[-+]?\d+$/,
} as const;
type ConstraintName = keyof typeof constraints;

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'parameter';
      readonly name: string;
      readonly optional: boolean;
      readonly constraint: ConstraintName | null;
    }
  | { readonly kind: 'rest'; readonly name: string };

/** A route, parsed. */
export interface RouteTemplate {
  readonly text: string;
  readonly segments: readonly Segment[];
}

export type RouteParameters = Readonly<Record<string, string>>;

const parameterPattern = /^\{([A-Za-z_]\w*)(?::([^?{}]+))?(\?)?\}$/;
const restPattern = /^\{\*{1,2}([A-Za-z_]\w*)\}$/;

/**
 * Parses the route of an HTTP function: literal segments, `{name}`, `{name?}`, `{*rest}`, and the constraints guid, int and alpha
 * (`{id:guid}`). Throws where Azure would refuse the template, and where it knows more than this host does.
 */
export function parseRouteTemplate(text: string): RouteTemplate {
  const refuse = (why: string): never => {
    throw new Error(`the route "${text}" ${why}`);
  };
  if (/^\/|\/$/.test(text)) refuse('begins or ends with "/"');
  const segments = text.split('/').map((segment): Segment => {
    if (segment === '') return refuse('has an empty segment');
    if (!/[{}]/.test(segment)) {
      if (/[?~]/.test(segment)) refuse('has a "?" or "~" in a literal segment');
      return { kind: 'literal', text: segment.toLowerCase() };
    }
    const [, rest] = restPattern.exec(segment) ?? [];
    if (rest !== undefined) return { kind: 'rest', name: rest };
    const [, name, constraint, optional] = parameterPattern.exec(segment) ?? [];
    if (name === undefined)
      return refuse(
        `has the segment "${segment}": {name}, {name?}, {name:constraint} or {*rest} is expected`,
      );
    return {
      kind: 'parameter',
      name,
      optional: optional !== undefined,
      constraint: constraintOf(constraint),
    };
  });
  function constraintOf(name: string | undefined): ConstraintName | null {
    if (name === undefined) return null;
    if (Object.hasOwn(constraints, name)) return name as ConstraintName;
    return refuse(`has the constraint "${name}": this host knows ${Object.keys(constraints).join(', ')}`);
  }
  const names = segments.flatMap(segment => (segment.kind === 'literal' ? [] : [segment.name.toLowerCase()]));
  if (new Set(names).size < names.length) refuse('names a parameter twice');
  const mayBeMissing = (segment: Segment): boolean =>
    segment.kind === 'rest' || (segment.kind === 'parameter' && segment.optional);
  if (
    segments
      .slice(0, -1)
      .some((segment, i) => mayBeMissing(segment) && !mayBeMissing(segments[i + 1] ?? segment))
  )
    refuse('has an optional segment before one that is required');
  if (segments.slice(0, -1).some(({ kind }) => kind === 'rest')) refuse('has {*rest} before its end');
  return { text, segments };
}

/** Matches the decoded segments of a path, ignoring the case of literal ones; null where the route does not fit. */
export function matchRoute(template: RouteTemplate, path: readonly string[]): RouteParameters | null {
  const parameters: Record<string, string> = {};
  for (const [position, segment] of template.segments.entries()) {
    const found = path[position];
    switch (segment.kind) {
      case 'literal':
        if (found?.toLowerCase() !== segment.text) return null;
        break;
      case 'parameter':
        if (found === undefined) {
          if (!segment.optional) return null;
          break;
        }
        if (found === '' || (segment.constraint && !constraints[segment.constraint].test(found))) return null;
        parameters[segment.name] = found;
        break;
      case 'rest':
        if (found !== undefined) parameters[segment.name] = path.slice(position).join('/');
        return parameters;
    }
  }
  return path.length > template.segments.length ? null : parameters;
}
