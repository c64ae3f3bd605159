/** What is used here of oidc-provider 9, which comes without types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface IssuedToken {
    readonly kind: 'AccessToken' | 'ClientCredentials';
    readonly clientId: string;
    readonly accountId?: string;
    readonly scope?: string;
  }

  export interface JwtParts {
    header?: Record<string, unknown>;
    payload: Record<string, unknown>;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  export interface RequestContext {
    readonly oidc: {
      readonly provider: Provider;
      readonly client: { readonly clientId: string };
      readonly session: { readonly accountId: string };
    };
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    readonly Grant: new (properties: { readonly clientId: string; readonly accountId: string }) => Grant;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ readonly uid: string }>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  }

  export namespace interactionPolicy {
    interface Prompt {
      readonly name: string;
    }
    const Prompt: new (description: { readonly name: string; readonly requestable: boolean }) => Prompt;
    function base(): { add(prompt: Prompt, at: number): void };
  }
}
