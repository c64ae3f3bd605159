import { setTimeout as delay } from 'node:timers/promises';
import { ManagedIdentityCredential } from '@azure/identity';
import { QueueClient } from '@azure/storage-queue';
import type { QueueFunction } from './functionDefinition';
import type { TypedData } from './functionsCore';
import type { QueueConfiguration } from './hostConfiguration';
import { messageOf } from './hostLog';

/** Where a queue is, and who reads it: the settings `<connection>__queueServiceUri` and `<connection>__clientId`. */
export interface QueueConnection {
  readonly serviceUri: string;
  readonly clientId: string;
}

/** Reads the connection of a trigger by managed identity, as Azure does; null: the settings do not have it. */
export function queueConnection(
  { connection }: QueueFunction,
  settings: Readonly<Record<string, string | undefined>>,
): QueueConnection | null {
  const setting = (name: string): string | undefined => settings[`${connection}__${name}`];
  const serviceUri = setting('queueServiceUri');
  const clientId = setting('clientId');
  if (!serviceUri || !clientId || setting('credential') !== 'managedidentity') return null;
  return { serviceUri, clientId };
}

export interface QueueListenerOptions {
  readonly definition: QueueFunction;
  readonly connection: QueueConnection;
  readonly configuration: QueueConfiguration;
  /** Runs the function; rejects where it throws. */
  readonly run: (input: TypedData) => Promise<unknown>;
  readonly say: (level: 'information' | 'warning', message: string) => void;
  /** Milliseconds between two looks into an empty queue. */
  readonly pollMs: number;
}

export interface QueueListener {
  /** Takes no further message, and resolves when the one in work is settled. */
  stop(): Promise<void>;
}

/** As in Azure: nobody else sees a message for this long while its function runs. Azure renews it; no function here lasts so long. */
const hiddenSeconds = 600;

/**
 * Takes messages one at a time, as host.json asks for with batchSize 1 and newBatchThreshold 0. A message is deleted when its function
 * succeeds; else it comes again after visibilityTimeout, and after maxDequeueCount tries it goes to `<queue>-poison`.
 */
export function listenToQueue(options: QueueListenerOptions): QueueListener {
  const { definition, connection, configuration, run, say, pollMs } = options;
  const credential = new ManagedIdentityCredential({ clientId: connection.clientId });
  const client = (name: string): QueueClient =>
    new QueueClient(`${connection.serviceUri}/${name}`, credential);
  const queue = client(definition.queueName);
  const stopped = new AbortController();

  async function takeOne(): Promise<boolean> {
    const { receivedMessageItems } = await queue.receiveMessages({
      numberOfMessages: 1,
      visibilityTimeout: hiddenSeconds,
      abortSignal: stopped.signal,
    });
    const [message] = receivedMessageItems;
    if (!message) return false;
    const { messageId, popReceipt, messageText, dequeueCount } = message;
    try {
      await run(queueInput(decode(messageText, configuration)));
    } catch {
      // Logged by the invocation.
      if (dequeueCount < configuration.maxDequeueCount) {
        await queue.updateMessage(messageId, popReceipt, messageText, configuration.visibilityTimeoutSeconds);
        return true;
      }
      const poison = client(`${definition.queueName}-poison`);
      await poison.createIfNotExists();
      await poison.sendMessage(messageText);
      say(
        'warning',
        `${definition.name}: a message failed ${dequeueCount} times and was moved to ${poison.name}.`,
      );
    }
    await queue.deleteMessage(messageId, popReceipt);
    return true;
  }

  async function listen(): Promise<void> {
    let lastTrouble = '';
    while (!stopped.signal.aborted) {
      let found = false;
      try {
        found = await takeOne();
        lastTrouble = '';
      } catch (error) {
        if (stopped.signal.aborted) return;
        const trouble = messageOf(error);
        if (trouble !== lastTrouble)
          say('warning', `${definition.name}: the queue ${definition.queueName} can not be read: ${trouble}`);
        lastTrouble = trouble;
      }
      if (!found) await delay(pollMs, null, { signal: stopped.signal, ref: false }).catch(() => undefined);
    }
  }

  const ended = listen();
  return {
    stop: () => {
      stopped.abort();
      return ended;
    },
  };
}

const decode = (text: string, { messageEncoding }: QueueConfiguration): string =>
  messageEncoding === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text;

/** How the host hands over a message: JSON as JSON, anything else as text. */
export function queueInput(text: string): TypedData {
  try {
    JSON.parse(text);
    return { json: text };
  } catch {
    return { string: text };
  }
}
