import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FunctionDefinition, HttpFunction } from './functionDefinition';
import type { TypedData } from './functionsCore';
import { stackOf } from './hostLog';
import { answer, answerStatus, receive, RequestRefused, toInput } from './httpExchange';
import type { ReceivedRequest } from './httpExchange';
import type { Invocations } from './invocations';
import type { HostKeys } from './keys';
import { matchRoute } from './routeTemplate';
import type { RouteParameters } from './routeTemplate';
import { late, within } from './timeLimit';

export interface FrontDoorOptions {
  /** In the order in which their routes are tried. */
  readonly functions: readonly FunctionDefinition[];
  readonly invocations: Invocations;
  readonly keys: HostKeys;
  readonly answerLimitMs: number;
  readonly isStopping: () => boolean;
  readonly reportError: (message: string) => void;
}

/** What the host hands to a timer on demand, as Azure does before the first scheduled run: no status of the schedule yet. */
export const timerInput: TypedData = {
  json: JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false }),
};

/** Serves HTTP requests: the app's routes, and `POST /admin/functions/<name>`, which runs a timer without waiting for it. A queue's function wants a message in its queue. */
export function createFrontDoor(
  options: FrontDoorOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { functions, invocations, keys, answerLimitMs, isStopping, reportError } = options;

  const presentedKey = ({ headers, url }: ReceivedRequest): string | null =>
    headers['x-functions-key'] ?? url.searchParams.get('code');

  function findRoute(
    request: ReceivedRequest,
  ): { readonly definition: HttpFunction; readonly parameters: RouteParameters } | null {
    for (const definition of functions) {
      if (definition.kind !== 'http' || !definition.methods.has(request.method)) continue;
      const parameters = matchRoute(definition.route, request.path);
      if (parameters) return { definition, parameters };
    }
    return null;
  }

  async function serveFunction(request: ReceivedRequest, response: ServerResponse): Promise<void> {
    const found = findRoute(request);
    if (!found) return answerStatus(response, 404);
    const { definition, parameters } = found;
    if (!keys.opens(presentedKey(request), definition.name, definition.authLevel))
      return answerStatus(response, 401);
    const outcome = await within(
      answerLimitMs,
      invocations.run(definition, toInput(request, parameters)).then(
        value => ({ status: 'returned', value }) as const,
        () => ({ status: 'threw' }) as const,
      ),
      { keepsProcessAlive: false },
    );
    // Else a connection that is kept alive would hold a stop back.
    if (isStopping()) response.setHeader('connection', 'close');
    if (outcome === late) {
      reportError(
        `${definition.name} gave no answer within ${answerLimitMs} ms; the client was answered 504.`,
      );
      answerStatus(response, 504);
    } else if (outcome.status === 'threw') answerStatus(response, 500);
    else answer(response, outcome.value?.http ?? null);
  }

  function serveAdmin(request: ReceivedRequest, response: ServerResponse): void {
    if (!keys.isMaster(presentedKey(request))) return answerStatus(response, 401);
    const [, collection, name, ...more] = request.path.map(segment => segment.toLowerCase());
    if (request.method !== 'POST' || collection !== 'functions' || name === undefined || more.length > 0)
      return answerStatus(response, 404);
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      return answerStatus(response, 415);
    if (!isJsonObject(request.body))
      return answerStatus(response, 400, 'A JSON object is expected, as {"input": ""}.');
    const definition = functions.find(candidate => candidate.name.toLowerCase() === name);
    if (!definition) return answerStatus(response, 404);
    if (definition.kind !== 'timer')
      return answerStatus(response, 400, `${definition.name} is no timer: use its trigger instead.`);
    // Its failure is in the log; nobody waits for it.
    invocations.run(definition, timerInput).catch(() => undefined);
    answerStatus(response, 202);
  }

  return async (request, response) => {
    try {
      const received = await receive(request);
      if (isStopping()) answerStatus(response, 503);
      else if (received.path[0]?.toLowerCase() === 'admin') serveAdmin(received, response);
      else await serveFunction(received, response);
    } catch (error) {
      if (error instanceof RequestRefused) answerStatus(response, error.status, error.message);
      else {
        reportError(`A request could not be answered: ${stackOf(error)}`);
        if (response.headersSent) response.destroy();
        else answerStatus(response, 500);
      }
    }
  };
}

function isJsonObject(body: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
