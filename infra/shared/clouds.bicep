// Where the services of each Azure cloud are. Not environment(): that is known to Azure only, so that no test could see these values.

@export()
@description('An Azure cloud, by the names of `npm run grant`. usgov is L4 (GCC High), usgov-dod is L5.')
type cloudName = 'global' | 'usgov' | 'usgov-dod' | 'china'

@export()
@description('Hosts of each cloud: Microsoft Graph, sign-in, the suffix of storage accounts, and the suffix of App Service.')
var clouds = {
  global: {
    graph: 'https://graph.microsoft.com'
    login: 'https://login.microsoftonline.com'
    storage: 'core.windows.net'
    sites: 'azurewebsites.net'
  }
  usgov: {
    graph: 'https://graph.microsoft.us'
    login: 'https://login.microsoftonline.us'
    storage: 'core.usgovcloudapi.net'
    sites: 'azurewebsites.us'
  }
  'usgov-dod': {
    graph: 'https://dod-graph.microsoft.us'
    login: 'https://login.microsoftonline.us'
    storage: 'core.usgovcloudapi.net'
    sites: 'azurewebsites.us'
  }
  china: {
    graph: 'https://microsoftgraph.chinacloudapi.cn'
    login: 'https://login.partner.microsoftonline.cn'
    storage: 'core.chinacloudapi.cn'
    sites: 'chinacloudsites.cn'
  }
}
