// For work that others rely on: kept in three zones, one instance always ready, in a network of its own.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param stage = 'prod'
param lakeRedundancy = 'Standard_GZRS'
param stateRedundancy = 'Standard_ZRS'
param instanceMemoryMB = 4096
param maximumInstanceCount = 40
param alwaysReady = [
  {
    name: 'durable'
    instanceCount: 1
  }
]
param privateNetwork = true
param logRetentionDays = 90
param dailyLogCapGb = 5
param monthlyBudget = 500
param alertMail = readEnvironmentVariable('TIDEMARK_ALERT_MAIL', '')
param databricks = true
param secretsOfficer = readEnvironmentVariable('TIDEMARK_SECRETS_OFFICER', '')
param entraClientId = readEnvironmentVariable('TIDEMARK_ENTRA_CLIENT_ID', '')

// For each source: the app setting that its table file names, and the secret that it refers to.
// The last signs the sessions of the operations page.
param connections = {
  SPOTIFY_DB: 'spotify-db'
  TIDEMARK_SESSION_KEY: 'session-key'
}

// Nothing secret. The number of the job is shown by `databricks bundle summary`.
param settings = {
  TIDEMARK_DATABRICKS_HOST: readEnvironmentVariable('TIDEMARK_DATABRICKS_HOST', '')
  TIDEMARK_LAKEHOUSE_JOB: readEnvironmentVariable('TIDEMARK_LAKEHOUSE_JOB', '')
}
