import { startIdentityEndpoint } from '../../support/identityEndpoint';
import { storageResource, type AgentStorage } from '../../support/agent/agentStorage';

export const clientId = '2b1c2a3b-4e5f-4a6b-8c7d-9e0f1a2b3c4d';

/** A managed identity for this process, as App Service gives it: by two variables of the environment. */
export async function startTestIdentity(storage: AgentStorage): Promise<{ stop(): Promise<void> }> {
  const endpoint = await startIdentityEndpoint({
    issuer: storage.issuer,
    identities: [{ clientId, objectId: clientId, roles: { [storageResource]: [] } }],
  });
  const given = { IDENTITY_ENDPOINT: endpoint.url, IDENTITY_HEADER: endpoint.header };
  Object.assign(process.env, given);
  return {
    async stop() {
      for (const name of Object.keys(given)) Reflect.deleteProperty(process.env, name);
      await endpoint.stop();
    },
  };
}
