// The function app, on Flex Consumption.
param suffix string
param location string
param tags object
param identityId string
param clientId string
param lakeUrl string
param stateName string
param packageContainer string
param vaultName string
param insightsConnection string
param workspaceId string

@description('The subnet that the app goes out by; none if empty.')
param subnetId string

param tables string
param tick string
param connections object
param settings object
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReady array

var name = 'func-tidemark-${suffix}'
var isPrivate = !empty(subnetId)
var storage = environment().suffixes.storage

// Everything by identity: there is no key among the settings.
var fixed = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: clientId
  AzureWebJobsStorage__blobServiceUri: 'https://${stateName}.blob.${storage}'
  AzureWebJobsStorage__queueServiceUri: 'https://${stateName}.queue.${storage}'
  AzureWebJobsStorage__tableServiceUri: 'https://${stateName}.table.${storage}'
  // Whom the Azure SDKs and Microsoft's ODBC driver sign in as.
  AZURE_CLIENT_ID: clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
  // At least maxConcurrentActivityFunctions of host.json.
  PYTHON_THREADPOOL_THREAD_COUNT: '16'
  TIDEMARK_TELEMETRY: 'azure_monitor'
  TIDEMARK_LAKE_URL: lakeUrl
  TIDEMARK_STATE_URL: 'https://${stateName}.table.${storage}'
  TIDEMARK_TABLES: tables
  TIDEMARK_TICK: tick
  TIDEMARK_BASE_URL: 'https://${name}.azurewebsites.net'
}

var references = toObject(
  items(connections),
  each => each.key,
  each => '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=${each.value})'
)

// Event Grid comes from outside of any network of ours.
var fromEventGrid = [
  {
    name: 'EventGrid'
    priority: 100
    action: 'Allow'
    tag: 'ServiceTag'
    ipAddress: 'AzureEventGrid'
  }
]

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-tidemark-${suffix}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: isPrivate ? subnetId : null
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${stateName}.blob.${storage}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.12'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictionsDefaultAction: isPrivate ? 'Deny' : 'Allow'
      ipSecurityRestrictions: isPrivate ? fromEventGrid : []
      // Packages are put in from where the workflow runs, by an identity with a role.
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      scmIpSecurityRestrictionsUseMain: false
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, references, fixed)
}

// No user name and password opens the app's own doors: packages come by identity.
resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: 'log'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
        enabled: true
      }
    ]
  }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
