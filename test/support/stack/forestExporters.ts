import { ForestAgent } from '../ad/forestAgents';
import { startSampleForests } from '../ad/sampleForests';
import type { ExporterStage, SourceExporters } from './services';

/** What the sample organisation is on Active Directory: domain controllers of Samba, and the real agent of every source. */
export function forestExporters(
  say: (line: string) => void,
): (stage: ExporterStage) => Promise<SourceExporters & { readonly agents: readonly ForestAgent[] }> {
  return async ({ organisation, authority, blobEndpoint, agent, stops }) => {
    say('Starting a Samba domain controller for every domain, filled with the organisation …');
    const { forests, authorityCert, stop } = await startSampleForests(organisation, {
      authority,
      maximumRuntimeSeconds: 24 * 60 * 60,
    });
    stops.push(stop);
    const agents: ForestAgent[] = [];
    for (const { source, anchorAttribute, domains, outOfScopeFilter } of forests) {
      const created = await ForestAgent.create({
        source,
        tenantId: organisation.tenantId,
        anchorAttribute,
        domainControllers: domains.map(({ controller, agentAccount }) => ({
          url: controller.url,
          account: agentAccount,
        })),
        authorityCert,
        scope: { excludeFilters: [outOfScopeFilter] },
        upload: { blobEndpoint, ...agent },
        onLine: line => say(`  ${source}: ${line}`),
      });
      stops.push(() => created.remove());
      agents.push(created);
    }
    return {
      agents,
      setting: () => JSON.stringify(agents.map(({ exportSource }) => exportSource)),
      upload: async () => {
        for (const one of agents) await one.export();
      },
    };
  };
}
