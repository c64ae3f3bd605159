import { z } from 'zod';
import type { Person } from '../../../../shared/app/caller';
import { cloudIdParameter, objectTypeParameter } from '../../../../shared/io/http/parameters';
import { problem } from '../../../../shared/io/http/problem';
import { defineRoute, type Route } from '../../../../shared/io/http/route';

// These are checked by the compiler, which complains about an expected error that is none.
describe('the types of a route', () => {
  const description = {
    method: 'POST',
    path: '/things/{type}/{id}',
    operationId: 'thing',
    summary: '',
    roles: ['Orphans.Reader'],
    params: z.strictObject({ type: objectTypeParameter, id: cloudIdParameter }),
    body: z.strictObject({ reason: z.string() }),
  } as const;
  const responses = {
    200: { description: '', json: z.strictObject({ names: z.array(z.string()) }), etag: true },
    202: { description: '', location: true },
  } as const;
  const names: readonly string[] = [];

  test('let a handler answer what is declared, with a list that is readonly', () => {
    const route = defineRoute({ ...description, responses, problems: ['notFound'] }).handledBy(
      async ({ params, body }) => {
        if (body.reason === '') return problem('notFound', '');
        return params.type === 'user'
          ? { status: 200, json: { names }, etag: 'v' }
          : { status: 202, location: '/x' };
      },
    );
    expect(route.path).toBe('/things/{type}/{id}');
  });

  test('refuse another status, body, problem, and an ETag that is missing', () => {
    const route = defineRoute({ ...description, responses, problems: ['notFound'] });
    // @ts-expect-error: not declared
    route.handledBy(async () => ({ status: 201, location: '/x' }));
    // @ts-expect-error: not this body
    route.handledBy(async () => ({ status: 200, json: { names: [1] }, etag: 'v' }));
    // @ts-expect-error: no ETag
    route.handledBy(async () => ({ status: 200, json: { names } }));
    // @ts-expect-error: no Location
    route.handledBy(async () => ({ status: 202 }));
    // @ts-expect-error: a problem that is not declared
    route.handledBy(async () => problem('conflict', ''));
    // @ts-expect-error: no If-Match, no such problem
    route.handledBy(async () => problem('preconditionFailed', ''));
    // @ts-expect-error: an unknown property of the body
    route.handledBy(async ({ body }) => ({ status: 202, location: body.other }));
    expect(route.handledBy).toBeInstanceOf(Function);
  });

  test('know a person and a version where the route asks for them', () => {
    const asking = defineRoute({ ...description, responses, person: true, ifMatch: true });
    asking.handledBy(async ({ caller, ifMatch }) => {
      const person: Person = caller;
      return person.name === null ? problem('preconditionFailed', '') : { status: 202, location: ifMatch };
    });
    const other = defineRoute({ ...description, responses });
    // @ts-expect-error: a caller may be an application
    other.handledBy(async ({ caller }) => ({ status: 202, location: caller.name ?? '' }));
    // @ts-expect-error: there is no version
    other.handledBy(async ({ ifMatch }) => ({ status: 202, location: ifMatch }));
    expect(other.handledBy).toBeInstanceOf(Function);
  });

  test('say which ports a route needs', () => {
    interface Needed {
      readonly count: () => number;
    }
    const route = defineRoute({ ...description, responses }).handledBy(async (_, { count }: Needed) => ({
      status: 202,
      location: `/${count()}`,
    }));
    const enough: readonly Route<Needed & { readonly more: string }>[] = [route];
    // @ts-expect-error: these ports are not enough
    const tooLittle: readonly Route<{ readonly more: string }>[] = [route];
    expect(enough).toEqual(tooLittle);
  });
});
