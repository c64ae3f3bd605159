import type { FunctionDefinition } from './functionDefinition';
import type { CoreInvocationContext, TypedData } from './functionsCore';
import type { HostLog } from './hostLog';
import type { LoadedApp } from './loadApp';

/**
 * Runs one invocation with its hooks, in the order and with the hook contexts of the Node.js worker of Azure Functions. Answers the
 * return value; throws what a hook or the function throws. A postInvocation hook runs in either case and may replace both.
 */
export async function invoke(
  app: LoadedApp,
  definition: FunctionDefinition,
  invocationId: string,
  input: TypedData,
  log: HostLog,
): Promise<TypedData | null> {
  const core: CoreInvocationContext = {
    invocationId,
    request: {
      invocationId,
      inputData: [{ name: definition.triggerName, data: input }],
      triggerMetadata: {},
    },
    metadata: definition.metadata,
    state: undefined,
    log: (level, _category, message) => log({ level, functionName: definition.name, invocationId, message }),
  };
  const during = async <Result>(
    state: NonNullable<CoreInvocationContext['state']>,
    action: () => Promise<Result>,
  ): Promise<Result> => {
    core.state = state;
    try {
      return await action();
    } finally {
      core.state = undefined;
    }
  };
  const model = app.programmingModel.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  const hookData = {};
  const before = { hookData, invocationContext: context, functionCallback: definition.callback, inputs };
  await during('preInvocationHooks', () => app.runHooks('preInvocation', before));
  const after: { result: unknown; error: unknown } & Record<string, unknown> = {
    hookData,
    invocationContext: context,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  try {
    after.result = await during('invocation', () =>
      model.invokeFunction(context, before.inputs, before.functionCallback),
    );
  } catch (error) {
    after.error = error;
  }
  await during('postInvocationHooks', () => app.runHooks('postInvocation', after));
  // Passed on as it is, whatever it is.
  if (after.error !== null && after.error !== undefined) throw after.error as Error;
  return (await model.getResponse(context, after.result)).returnValue ?? null;
}
