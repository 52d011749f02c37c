// Everything that one Tidemark needs, in a resource group of its own.
targetScope = 'subscription'

@minLength(1)
@maxLength(20)
@description('Names this Tidemark among others of the subscription; azd calls it the environment.')
param environmentName string

@description('The region. It has to offer Flex Consumption: az functionapp list-flexconsumption-locations')
param location string

@allowed(['dev', 'prod'])
@description('What it is for; a tag, and nothing depends on it.')
param stage string = 'dev'

@description('Tags of everything, besides azd-env-name and stage.')
param tags object = {}

@description('Connection strings of the sources: the name of an app setting, and of the secret in the vault that it refers to.')
param connections object = {}

@description('Further app settings, such as the number of the job of the lakehouse. Nothing secret: that is what connections are for.')
param settings object = {}

@description('Where the table files are: a folder of the package, or lake:<filesystem>/<path>.')
param tables string = 'lake:config/tables'

@description('NCRONTAB of the tick: how soon a schedule is noticed.')
param tick string = '0 * * * * *'

@allowed([2048, 4096])
@description('Memory of one instance, in MB.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('The most instances of each group of functions that scale together.')
param maximumInstanceCount int = 40

@description('Instances that are always there, as name and instanceCount; a name is http, durable, or function:<its name>.')
param alwaysReady array = []

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
@description('How often the lake is kept.')
param lakeRedundancy string = 'Standard_ZRS'

@allowed(['Standard_LRS', 'Standard_ZRS'])
@description('How often the state is kept. A second region would lag behind the lake, and so does nobody good.')
param stateRedundancy string = 'Standard_ZRS'

@description('Let storage, vault and app be reached over private endpoints only.')
param privateNetwork bool = false

@description('The address space of the network, a /24 at least; used with privateNetwork.')
param addressSpace string = '10.42.0.0/24'

@minValue(30)
@maxValue(730)
@description('Days that logs are kept.')
param logRetentionDays int = 30

@minValue(1)
@description('GB of logs a day, after which no more are taken in.')
param dailyLogCapGb int = 1

@description('Who is written to by the budget and by alert rules; nobody if empty.')
param alertMail string = ''

@minValue(0)
@description('Monthly budget in the currency of the subscription; none if 0.')
param monthlyBudget int = 0

@description('The first day of the month from which the budget counts.')
param budgetStart string = utcNow('yyyy-MM-01')

@description('Client id of the registration by which people sign in with Entra ID; with function keys alone if empty.')
param entraClientId string = ''

@description('Make an access connector, by which Unity Catalog reads bronze and writes silver and gold.')
param databricks bool = false

@description('Object ids of the identities that may publish to the topic of changes.')
param publishers array = []

@description('Object id of the person or group who puts secrets into the vault; nobody if empty.')
param secretsOfficer string = ''

var suffix = toLower(uniqueString(subscription().id, environmentName, location))
var allTags = union(tags, { 'azd-env-name': environmentName, stage: stage })

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-tidemark-${environmentName}'
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-tidemark-${suffix}'
    location: location
    tags: allTags
  }
}

module logs 'modules/logs.bicep' = {
  name: 'logs'
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: allTags
    logRetentionDays: logRetentionDays
    dailyLogCapGb: dailyLogCapGb
    alertMail: alertMail
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: allTags
    addressSpace: addressSpace
  }
}

module connector 'modules/connector.bicep' = if (databricks) {
  name: 'connector'
  scope: group
  params: {
    name: 'dbac-tidemark-${suffix}'
    location: location
    tags: allTags
  }
}

module lake 'modules/lake.bicep' = {
  name: 'lake'
  scope: group
  params: {
    name: 'stlake${suffix}'
    location: location
    tags: union(allTags, { holds: 'lake' })
    redundancy: lakeRedundancy
    workspaceId: logs.outputs.workspaceId
    privateNetwork: privateNetwork
    connectorId: databricks ? connector!.outputs.id : ''
  }
}

module state 'modules/state.bicep' = {
  name: 'state'
  scope: group
  params: {
    name: 'ststate${suffix}'
    location: location
    tags: union(allTags, { holds: 'state' })
    redundancy: stateRedundancy
    workspaceId: logs.outputs.workspaceId
    privateNetwork: privateNetwork
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: 'kv-${suffix}'
    location: location
    tags: allTags
    workspaceId: logs.outputs.workspaceId
    privateNetwork: privateNetwork
  }
}

module topics 'modules/topics.bicep' = {
  name: 'topics'
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: allTags
    lakeName: lake.outputs.name
    workspaceId: logs.outputs.workspaceId
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    lakeName: lake.outputs.name
    stateName: state.outputs.name
    vaultName: vault.outputs.name
    insightsName: logs.outputs.insightsName
    changesTopicName: topics.outputs.changesTopicName
    app: identity.outputs.principalId
    lakeTopic: topics.outputs.lakeTopicPrincipalId
    changesTopic: topics.outputs.changesTopicPrincipalId
    connector: databricks ? connector!.outputs.principalId : ''
    publishers: publishers
    secretsOfficer: secretsOfficer
  }
}

module endpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  name: 'endpoints'
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: allTags
    networkId: privateNetwork ? network!.outputs.networkId : ''
    subnetId: privateNetwork ? network!.outputs.endpointSubnetId : ''
    lakeId: lake.outputs.id
    stateId: state.outputs.id
    vaultId: vault.outputs.id
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  // Without its roles it could not read its own package.
  dependsOn: [roles, endpoints]
  params: {
    suffix: suffix
    location: location
    tags: union(allTags, { 'azd-service-name': 'app' })
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    lakeUrl: lake.outputs.url
    stateName: state.outputs.name
    packageContainer: state.outputs.packageContainer
    vaultName: vault.outputs.name
    insightsConnection: logs.outputs.insightsConnection
    workspaceId: logs.outputs.workspaceId
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    tables: tables
    tick: tick
    connections: connections
    settings: settings
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady
    entraClientId: entraClientId
  }
}

module monitor 'monitor/monitor.bicep' = {
  name: 'monitor'
  scope: group
  params: {
    location: location
    tags: allTags
    workspaceId: logs.outputs.workspaceId
    actionGroupId: logs.outputs.actionGroupId
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0) {
  name: 'budget'
  scope: group
  params: {
    name: 'tidemark-${environmentName}'
    amount: monthlyBudget
    start: budgetStart
    actionGroupId: logs.outputs.actionGroupId
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output TIDEMARK_APP string = app.outputs.name
output TIDEMARK_APP_URL string = app.outputs.url
output TIDEMARK_LAKE_ACCOUNT string = lake.outputs.name
output TIDEMARK_VAULT string = vault.outputs.name
output TIDEMARK_TOPIC_ENDPOINT string = topics.outputs.changesTopicEndpoint
output TIDEMARK_IDENTITY_CLIENT_ID string = identity.outputs.clientId
output TIDEMARK_CONNECTOR_ID string = databricks ? connector!.outputs.id : ''
