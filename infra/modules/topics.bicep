// What tells the app that something is new: files of the landing zone, and changes in sources.
// Who listens is said in ../subscriptions.bicep, once the functions are there.
param suffix string
param location string
param tags object
param lakeName string
param workspaceId string

resource lake 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: lakeName
}

resource lakeTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'egst-tidemark-${suffix}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: lake.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource changesTopic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: 'evgt-tidemark-${suffix}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    minimumTlsVersionAllowed: '1.2'
    // Who publishes has to be an identity with a role.
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }
}

resource lakeTopicLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: lakeTopic
  name: 'failures'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'DeliveryFailures'
        enabled: true
      }
    ]
  }
}

resource changesTopicLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: changesTopic
  name: 'failures'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'DeliveryFailures'
        enabled: true
      }
      {
        category: 'PublishFailures'
        enabled: true
      }
    ]
  }
}

output lakeTopicPrincipalId string = lakeTopic.identity.principalId
output changesTopicName string = changesTopic.name
output changesTopicPrincipalId string = changesTopic.identity.principalId
output changesTopicEndpoint string = changesTopic.properties.endpoint
