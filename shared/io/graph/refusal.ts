import { z } from 'zod';
import { AppError } from '../../core/appError';
import { decodeJson, textOf } from './answerBody';

/** An answer that no further attempt will change. */
export interface Refusal {
  readonly status: number;
  /** Graph's own error code; null where the body is not Graph's error (a proxy's, for instance). */
  readonly code: string | null;
  /** Identifies the request, for messages and for Microsoft's support. */
  readonly trace: string;
}

const graphError = z.object({
  error: z.object({
    code: z.string().regex(/^[\w.-]{1,100}$/),
    message: z.string().max(10_000).optional().catch(undefined),
  }),
});

/** What Graph's error body says; null where the body is something else. The message is untrusted: match it, do not repeat it. */
export function errorOf(body: Uint8Array): { readonly code: string; readonly message: string } | null {
  const parsed = graphError.safeParse(decodeJson(textOf(body) ?? '')?.value);
  if (!parsed.success) return null;
  const { code, message = '' } = parsed.data.error;
  return { code, message };
}

/** The code in Graph's error body; null where the body is something else. */
export const errorCodeOf = (body: Uint8Array): string | null => errorOf(body)?.code ?? null;

/** The error for a refusal of `request` (method and path), which the application permission `permission` would allow. */
export function refusalError(refusal: Refusal, request: string, permission: string): AppError {
  const { status, code, trace } = refusal;
  return new AppError(
    'graphRefused',
    `${request} was refused with status ${status} (${code ?? "without Graph's error body"}). ` +
      `${advice(status, permission)} (${trace})`,
  );
}

function advice(status: number, permission: string): string {
  if (status >= 300 && status < 400) {
    return 'Redirects are not followed, since they would take the token elsewhere: check the Graph endpoint and any proxy.';
  }
  switch (status) {
    case 401:
      return 'Check that the Graph endpoint, the tenant and the managed identity belong to the same cloud.';
    case 403:
      return `Grant the managed identity the application permission ${permission}, with admin consent.`;
    case 404:
      return "Check that the Graph endpoint is the one of the tenant's cloud.";
    default:
      return 'Look the code up in the Microsoft Graph documentation; the ids help Microsoft support to find the request.';
  }
}
