/** The clouds in which Microsoft Entra ID and Microsoft Graph are the same for this command. */
export const cloudNames = ['global', 'usgov', 'usgov-dod', 'china'] as const;
export type CloudName = (typeof cloudNames)[number];

export interface Cloud {
  readonly name: CloudName;
  /** Microsoft Graph, an https origin: https://learn.microsoft.com/graph/deployments. */
  readonly graph: string;
  /** Who issues the tokens, an https origin. */
  readonly login: string;
  /** What the Azure CLI calls it (`az cloud list`). DoD has no cloud of its own there: name it by --cloud. */
  readonly azureCli: string;
}

export const clouds: Readonly<Record<CloudName, Cloud>> = {
  global: {
    name: 'global',
    graph: 'https://graph.microsoft.com',
    login: 'https://login.microsoftonline.com',
    azureCli: 'AzureCloud',
  },
  usgov: {
    name: 'usgov',
    graph: 'https://graph.microsoft.us',
    login: 'https://login.microsoftonline.us',
    azureCli: 'AzureUSGovernment',
  },
  'usgov-dod': {
    name: 'usgov-dod',
    graph: 'https://dod-graph.microsoft.us',
    login: 'https://login.microsoftonline.us',
    azureCli: 'AzureUSGovernment',
  },
  china: {
    name: 'china',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    login: 'https://login.partner.microsoftonline.cn',
    azureCli: 'AzureChinaCloud',
  },
};

/** The cloud that the Azure CLI is set to; null where the name is none of ours. */
export const cloudOfAzureCli = (name: string): Cloud | null =>
  cloudNames.map(one => clouds[one]).find(cloud => cloud.azureCli === name) ?? null;
