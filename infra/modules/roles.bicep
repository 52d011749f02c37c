// Every role that Tidemark gives, on one page. Why each is needed: docs/how-to/deploy.md, "Who may what".
param lakeName string
param stateName string
param vaultName string
param insightsName string
param changesTopicName string

@description('The app.')
param app string

@description('The topic of the lake, which writes dead letters.')
param lakeTopic string

@description('The topic of changes, which writes dead letters.')
param changesTopic string

@description('The access connector of Databricks; none if empty.')
param connector string

@description('Who publishes changes.')
param publishers array

@description('Who puts secrets into the vault; nobody if empty.')
param secretsOfficer string

var blobOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var blobReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var blobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
var queueContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var secretsWriter = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'
var eventSender = 'd5a91429-5739-47e2-a06b-3470a27159e7'

var appWrites = ['bronze', 'quarantine']
var appReads = ['landing', 'config']
var connectorWrites = empty(connector) ? [] : ['bronze', 'silver', 'gold', 'quarantine']

resource lake 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: lakeName
}

resource lakeBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: lake
  name: 'default'
}

resource written 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for name in appWrites: {
    parent: lakeBlobs
    name: name
  }
]

resource read 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for name in appReads: {
    parent: lakeBlobs
    name: name
  }
]

resource refreshed 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for name in connectorWrites: {
    parent: lakeBlobs
    name: name
  }
]

resource state 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: stateName
}

resource stateBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: state
  name: 'default'
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = {
  parent: stateBlobs
  name: 'deadletters'
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource changes 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: changesTopicName
}

resource appWritesLake 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in appWrites: {
    scope: written[i]
    name: guid(lakeName, name, app, blobContributor)
    properties: {
      principalId: app
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
    }
  }
]

resource appReadsLake 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in appReads: {
    scope: read[i]
    name: guid(lakeName, name, app, blobReader)
    properties: {
      principalId: app
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobReader)
    }
  }
]

resource appOwnsBlobsOfState 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: state
  name: guid(stateName, app, blobOwner)
  properties: {
    principalId: app
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobOwner)
  }
}

resource appUsesQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: state
  name: guid(stateName, app, queueContributor)
  properties: {
    principalId: app
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueContributor)
  }
}

resource appUsesTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: state
  name: guid(stateName, app, tableContributor)
  properties: {
    principalId: app
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableContributor)
  }
}

resource appReadsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vaultName, app, secretsUser)
  properties: {
    principalId: app
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

resource appSendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insightsName, app, metricsPublisher)
  properties: {
    principalId: app
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

resource topicsWriteDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for topic in [lakeTopic, changesTopic]: {
    scope: deadLetters
    name: guid(stateName, topic, blobContributor)
    properties: {
      principalId: topic
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
    }
  }
]

resource publishersSend 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for publisher in publishers: {
    scope: changes
    name: guid(changesTopicName, publisher, eventSender)
    properties: {
      principalId: publisher
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', eventSender)
    }
  }
]

resource officerWritesSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(secretsOfficer)) {
  scope: vault
  name: guid(vaultName, secretsOfficer, secretsWriter)
  properties: {
    principalId: secretsOfficer
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsWriter)
  }
}

resource connectorWritesLake 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in connectorWrites: {
    scope: refreshed[i]
    name: guid(lakeName, name, connector, blobContributor)
    properties: {
      principalId: connector
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobContributor)
    }
  }
]

resource connectorDelegates 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(connector)) {
  scope: lake
  name: guid(lakeName, connector, blobDelegator)
  properties: {
    principalId: connector
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDelegator)
  }
}
