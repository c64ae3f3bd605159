import { ForestAgent, type ForestAgentOptions } from '../ad/forestAgents';
import { startSampleForests, type SampleForest, type SampleForests } from '../ad/sampleForests';
import type { ExporterStage, SourceExporters } from './services';

/** The real agent of every source. */
export interface ForestExporters extends SourceExporters {
  readonly agents: readonly ForestAgent[];
}

/** What the sample organisation is on Active Directory: domain controllers of Samba, and the real agent of every source. */
export function forestExporters(
  say: (line: string) => void,
): (stage: ExporterStage) => Promise<ForestExporters> {
  return async stage => {
    say('Starting a Samba domain controller for every domain, filled with the organisation …');
    const forests = await startSampleForests(stage.organisation, {
      authority: stage.authority,
      maximumRuntimeSeconds: 24 * 60 * 60,
    });
    stage.stops.push(() => forests.stop());
    return await exportersOf(forests, stage, { say });
  };
}

/** Agents for forests that run already. `change`: what is to be otherwise with the agent of this forest. */
export async function exportersOf(
  { forests, authorityCert }: SampleForests,
  { organisation, blobEndpoint, agent, stops }: ExporterStage,
  {
    say,
    change = () => ({}),
  }: {
    readonly say: (line: string) => void;
    readonly change?: (forest: SampleForest) => Partial<ForestAgentOptions>;
  },
): Promise<ForestExporters> {
  const agents: ForestAgent[] = [];
  for (const forest of forests) {
    const { source, anchorAttribute, domains, outOfScopeFilter } = forest;
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
      ...change(forest),
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
}
