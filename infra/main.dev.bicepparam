// For trying things: kept once, nothing always ready, seven days' worth of thrift.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param stage = 'dev'
param lakeRedundancy = 'Standard_LRS'
param stateRedundancy = 'Standard_LRS'
param maximumInstanceCount = 10
param dailyLogCapGb = 1
param monthlyBudget = 50
param alertMail = readEnvironmentVariable('TIDEMARK_ALERT_MAIL', '')
param secretsOfficer = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param entraClientId = readEnvironmentVariable('TIDEMARK_ENTRA_CLIENT_ID', '')

// For each source: the app setting that its table file names, and the secret that it refers to.
// The last signs the sessions of the operations page.
param connections = {
  SPOTIFY_DB: 'spotify-db'
  TIDEMARK_SESSION_KEY: 'session-key'
}
