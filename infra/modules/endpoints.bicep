// Private endpoints of storage and vault, with the names by which they are found.
param suffix string
param location string
param tags object
param networkId string
param subnetId string
param lakeId string
param stateId string
param vaultId string

var storage = environment().suffixes.storage

// The zone of the vault has no entry among the suffixes of every cloud; this one is Azure's own.
var zoneNames = {
  blob: 'privatelink.blob.${storage}'
  dfs: 'privatelink.dfs.${storage}'
  queue: 'privatelink.queue.${storage}'
  table: 'privatelink.table.${storage}'
  vault: 'privatelink.vaultcore.azure.net'
}

var wanted = [
  { name: 'lake-blob', resource: lakeId, part: 'blob' }
  { name: 'lake-dfs', resource: lakeId, part: 'dfs' }
  { name: 'state-blob', resource: stateId, part: 'blob' }
  { name: 'state-queue', resource: stateId, part: 'queue' }
  { name: 'state-table', resource: stateId, part: 'table' }
  { name: 'vault', resource: vaultId, part: 'vault' }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in items(zoneNames): {
    name: zone.value
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, i) in items(zoneNames): {
    parent: zones[i]
    name: 'tidemark'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for each in wanted: {
    name: 'pe-${each.name}-${suffix}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: each.name
          properties: {
            privateLinkServiceId: each.resource
            groupIds: [each.part]
          }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (each, i) in wanted: {
    parent: endpoints[i]
    name: 'default'
    dependsOn: [links]
    properties: {
      privateDnsZoneConfigs: [
        {
          name: each.part
          properties: {
            privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zoneNames[each.part])
          }
        }
      ]
    }
  }
]
