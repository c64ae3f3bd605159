import { AppError } from '../core/appError';
import { markerNameOf, nightOf, type NotificationEvent } from '../core/notification';
import { messageOf, type NotificationFormat } from '../core/notificationMessage';
import type { Log } from './ports';

/** What a marker says: this event of this night was announced, or is being so. */
export interface NotificationMarker {
  readonly version: 1;
  readonly event: NotificationEvent['kind'];
  readonly night: string;
}

/** The container `notifications`: create-only, so that of all who announce an event of a night, one does. */
export interface NotificationMarkers {
  /** Creates the marker of that name, unless there is one. Throws `storageUnavailable`. */
  create(name: string, marker: NotificationMarker, signal: AbortSignal): Promise<'created' | 'exists'>;
}

export type WebhookAnswer =
  | { readonly kind: 'accepted' }
  /** The reason holds nothing of the address, which is a secret, and nothing of the answer's body. */
  | { readonly kind: 'notAccepted'; readonly reason: string };

/** Where messages go. */
export interface NotificationWebhook {
  /** Sends a JSON body. Rejects with the signal's reason only. */
  post(body: string, signal: AbortSignal): Promise<WebhookAnswer>;
}

export interface NotifyPorts {
  readonly markers: NotificationMarkers;
  /** null: nobody wants to be told. */
  readonly webhook: NotificationWebhook | null;
  readonly log: Log;
}

export interface NotifySettings {
  readonly format: NotificationFormat;
  readonly tenantId: string;
}

/** What became of one event. */
export type Notified =
  | { readonly kind: 'off' }
  | { readonly kind: 'sent' }
  /** Somebody has announced this event of this night. */
  | { readonly kind: 'announcedBefore' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Announces one event, and never throws. */
export type Notify = (event: NotificationEvent, signal: AbortSignal) => Promise<Notified>;

/** How long one announcement may take in all (ms): a call to delete has little time left when it comes. */
export const longestNotificationMs = 15_000;

/**
 * Announces an event, at most once a night: first the marker, then the message. What was sent and did not arrive is not sent again
 * that night; nothing else depends on it. Whatever goes wrong, here or elsewhere, ends in a line of the log and a value: it must
 * never fail a scan or a deletion.
 */
export async function notify(
  { markers, webhook, log }: NotifyPorts,
  { format, tenantId }: NotifySettings,
  event: NotificationEvent,
  stop: AbortSignal,
): Promise<Notified> {
  if (webhook === null) return { kind: 'off' };
  const what = `notification ${markerNameOf(event)}`;
  const failed = (reason: string): Notified => {
    log.error(`${what} was not sent: ${reason}`);
    return { kind: 'failed', reason };
  };
  try {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(longestNotificationMs)]);
    signal.throwIfAborted();
    const message = messageOf(event, format, tenantId);
    const marker = { version: 1, event: event.kind, night: nightOf(event) } as const;
    if ((await markers.create(markerNameOf(event), marker, signal)) === 'exists')
      return { kind: 'announcedBefore' };
    const answer = await webhook.post(message, signal);
    if (answer.kind === 'notAccepted') return failed(answer.reason);
    log.info(`${what} was sent`);
    return { kind: 'sent' };
  } catch (error) {
    return failed(reasonOf(error, stop));
  }
}

/** An error that is not the app's own is named by its class alone: its message might hold the address. */
function reasonOf(error: unknown, stop: AbortSignal): string {
  if (stop.aborted) return 'the app is being stopped.';
  if (error instanceof AppError) return error.message;
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `it took more than ${longestNotificationMs / 1000} seconds.`;
  return error instanceof Error ? `unexpected ${error.name}.` : 'unexpected error.';
}
