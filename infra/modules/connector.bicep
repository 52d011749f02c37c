// Who Unity Catalog is, towards the lake.
param name string
param location string
param tags object

resource connector 'Microsoft.Databricks/accessConnectors@2024-05-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {}
}

output id string = connector.id
output principalId string = connector.identity.principalId
