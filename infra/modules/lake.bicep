// The lake: a storage account with a hierarchical namespace, which makes the rename of a folder atomic.
param name string
param location string
param tags object
param redundancy string
param workspaceId string
param privateNetwork bool

@description('Resource id of the access connector, which passes the firewall; none if empty.')
param connectorId string

var filesystems = ['bronze', 'silver', 'gold', 'quarantine', 'landing', 'config']

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    isHnsEnabled: true
    accessTier: 'Hot'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      // Closed to all but the private endpoints, Event Grid and the connector; see deploy.md.
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
      resourceAccessRules: empty(connectorId) ? [] : [
        {
          tenantId: tenant().tenantId
          resourceId: connectorId
        }
      ]
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    // A folder removed by mistake comes back within a week. Tidemark itself needs neither.
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for filesystem in filesystems: {
    parent: blobs
    name: filesystem
    properties: { publicAccess: 'None' }
  }
]

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'audit'
  properties: {
    workspaceId: workspaceId
    // Who took something away. Reads and writes would be a line for each request of each load.
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

output id string = account.id
output name string = account.name
output url string = 'https://${account.name}.dfs.${environment().suffixes.storage}'
