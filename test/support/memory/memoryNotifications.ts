import type {
  NotificationMarker,
  NotificationMarkers,
  NotificationWebhook,
  Notify,
  WebhookAnswer,
} from '../../../shared/app/notify';
import type { NotificationEvent } from '../../../shared/core/notification';

/** The port NotificationMarkers over a map. */
export class MemoryMarkers implements NotificationMarkers {
  readonly markers = new Map<string, NotificationMarker>();

  async create(name: string, marker: NotificationMarker): Promise<'created' | 'exists'> {
    if (this.markers.has(name)) return 'exists';
    this.markers.set(name, marker);
    return 'created';
  }
}

/** A webhook that keeps what it was sent, and answers what a test wants. */
export class MemoryWebhook implements NotificationWebhook {
  readonly bodies: string[] = [];
  answer: WebhookAnswer = { kind: 'accepted' };

  async post(body: string): Promise<WebhookAnswer> {
    this.bodies.push(body);
    return this.answer;
  }
}

/** Keeps the events, as if each had been sent. */
export function recordingNotify(): { readonly notify: Notify; readonly events: NotificationEvent[] } {
  const events: NotificationEvent[] = [];
  const notify: Notify = async event => {
    events.push(event);
    return { kind: 'sent' };
  };
  return { notify, events };
}
