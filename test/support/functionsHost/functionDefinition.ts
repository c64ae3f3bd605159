import { z } from 'zod';
import type { FunctionCallback, FunctionMetadata, Registration } from './functionsCore';
import { messageOf } from './hostLog';
import { ncrontabProblem } from './ncrontab';
import { parseRouteTemplate } from './routeTemplate';
import type { RouteTemplate } from './routeTemplate';

export const authLevels = ['anonymous', 'function', 'admin'] as const;
export type AuthLevel = (typeof authLevels)[number];

interface DefinitionBase {
  readonly name: string;
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
  /** The name of the trigger's binding, by which the library finds its input. */
  readonly triggerName: string;
}

export interface HttpFunction extends DefinitionBase {
  readonly kind: 'http';
  readonly authLevel: AuthLevel;
  /** Upper case. */
  readonly methods: ReadonlySet<string>;
  /** With the route prefix. */
  readonly route: RouteTemplate;
}

export interface TimerFunction extends DefinitionBase {
  readonly kind: 'timer';
  /** Settings resolved. */
  readonly schedule: string;
}

export interface QueueFunction extends DefinitionBase {
  readonly kind: 'queue';
  /** Settings resolved. */
  readonly queueName: string;
  /** Beginning of the settings that say where the queue is. */
  readonly connection: string;
}

/** A new kind of trigger is a new member here, a new schema below and a new way in (host.ts). */
export type FunctionDefinition = HttpFunction | TimerFunction | QueueFunction;

export interface DefinitionRules {
  readonly routePrefix: string;
  /** App settings, for `%NAME%` in a schedule or in the name of a queue. */
  readonly settings: Readonly<Record<string, string | undefined>>;
}

const bindingSchema = z.looseObject({ type: z.string(), direction: z.enum(['in', 'out']) });
const httpTriggerSchema = z.looseObject({
  authLevel: z.enum(authLevels),
  methods: z.array(z.string().toUpperCase()).min(1),
  route: z.string().optional(),
});
const timerTriggerSchema = z.looseObject({ schedule: z.string(), runOnStartup: z.boolean().optional() });
const queueTriggerSchema = z.looseObject({ queueName: z.string(), connection: z.string().min(1) });

const namePattern = /^[a-z][\w-]{0,127}$/i;
const reservedPattern = /^(?:admin|runtime)/i;
const byName = new Intl.Collator('en');

/**
 * Checks what the app registered by the rules of the Functions host and answers the functions in the order in which their routes are
 * tried: by name. In Azure a function that breaks a rule is missing, and the log says why; here it is an error that names every
 * problem of every function. This host's own rules on top: `runOnStartup` is refused, and so is whatever it can not run.
 */
export function defineFunctions(
  registrations: readonly Registration[],
  rules: DefinitionRules,
): readonly FunctionDefinition[] {
  const problems: string[] = [];
  const definitions = registrations.flatMap(registration => {
    try {
      return [definitionOf(registration, rules)];
    } catch (error) {
      problems.push(`${registration.metadata.name}: ${messageOf(error)}`);
      return [];
    }
  });
  definitions.sort((one, other) => byName.compare(one.name, other.name));
  for (const [position, definition] of definitions.entries()) {
    for (const other of definitions.slice(0, position)) {
      const conflict = conflictOf(definition, other);
      if (conflict) problems.push(`${definition.name}: ${conflict}`);
    }
  }
  if (problems.length > 0)
    throw new Error(`The app's functions can not be used:\n  ${problems.join('\n  ')}`);
  return definitions;
}

function definitionOf({ metadata, callback }: Registration, rules: DefinitionRules): FunctionDefinition {
  const { name } = metadata;
  if (!namePattern.test(name) || name.toLowerCase() === 'host')
    throw new Error(
      'the name is not valid: a letter, then up to 127 letters, digits, "-" or "_", and not "host"',
    );
  if (reservedPattern.test(name))
    throw new Error('the name begins with "admin" or "runtime", which the host reserves');
  if (metadata.retryOptions !== undefined)
    throw new Error('retry policies are not supported by the local host');
  const bindings = Object.entries(metadata.bindings).map(
    ([bindingName, binding]) => [bindingName, bindingSchema.parse(binding)] as const,
  );
  const triggers = bindings.filter(([, { type }]) => /trigger$/i.test(type));
  const [[triggerName, trigger] = []] = triggers;
  if (!triggerName || !trigger || triggers.length > 1) throw new Error('exactly one trigger is expected');
  const others = bindings.filter(([bindingName]) => bindingName !== triggerName && bindingName !== '$return');
  if (others.length > 0)
    throw new Error(
      `the bindings ${others.map(([bindingName]) => bindingName).join(', ')} are not supported by the local host`,
    );
  const base: DefinitionBase = { name, metadata, callback, triggerName };
  switch (trigger.type) {
    case 'httpTrigger':
      return httpFunction(base, trigger, rules);
    case 'timerTrigger':
      return timerFunction(base, trigger, rules);
    case 'queueTrigger':
      return queueFunction(base, trigger, rules);
    default:
      throw new Error(
        `the trigger "${trigger.type}" is not supported by the local host, which knows httpTrigger, timerTrigger and queueTrigger`,
      );
  }
}

function httpFunction(base: DefinitionBase, trigger: object, { routePrefix }: DefinitionRules): HttpFunction {
  const { authLevel, methods, route } = httpTriggerSchema.parse(trigger);
  const own = route?.trim() || base.name;
  // The host looks at the beginning of the text: "administration" is refused as well.
  if (reservedPattern.test(own))
    throw new Error(`the route "${own}" begins with "admin" or "runtime", which the host reserves`);
  return {
    ...base,
    kind: 'http',
    authLevel,
    methods: new Set(methods),
    route: parseRouteTemplate(routePrefix === '' ? own : `${routePrefix}/${own}`),
  };
}

function timerFunction(base: DefinitionBase, trigger: object, { settings }: DefinitionRules): TimerFunction {
  const { schedule: text, runOnStartup } = timerTriggerSchema.parse(trigger);
  if (runOnStartup) throw new Error('runOnStartup is true: every restart and every scale-out would run it');
  const schedule = resolveSettings('schedule', text, settings);
  const problem = ncrontabProblem(schedule);
  if (problem) throw new Error(`the schedule ${problem}`);
  return { ...base, kind: 'timer', schedule };
}

/** The rules of Azure for the name of a queue. */
const queueNamePattern = /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

function queueFunction(base: DefinitionBase, trigger: object, { settings }: DefinitionRules): QueueFunction {
  const { queueName: text, connection } = queueTriggerSchema.parse(trigger);
  const queueName = resolveSettings('queue', text, settings);
  if (!queueNamePattern.test(queueName))
    throw new Error(`the queue "${queueName}" has no valid name: 3 to 63 of a-z, 0-9 and single "-"`);
  return { ...base, kind: 'queue', queueName, connection };
}

const resolveSettings = (what: string, text: string, settings: DefinitionRules['settings']): string =>
  text.replace(/%([^%]+)%/g, (_whole, setting: string) => {
    const value = settings[setting];
    if (!value) throw new Error(`the ${what} "${text}" asks for the setting ${setting}, which is not set`);
    return value;
  });

function conflictOf(one: FunctionDefinition, other: FunctionDefinition): string | null {
  if (one.name.toLowerCase() === other.name.toLowerCase())
    return 'the name is used twice (its case does not count)';
  if (one.kind !== 'http' || other.kind !== 'http') return null;
  const sameRoute = one.route.text.toLowerCase() === other.route.text.toLowerCase();
  return sameRoute && [...one.methods].some(method => other.methods.has(method))
    ? `the route "${one.route.text}" and a method of it are those of ${other.name}, too`
    : null;
}
