// Who listens to the topics. Deployed after the app, as a function has to be there to be subscribed:
// azd does so by itself, everybody else with infra/subscribe.sh.
targetScope = 'resourceGroup'

@description('The function app.')
param appName string

@description('The system topic of the lake.')
param lakeTopicName string

@description('The topic of changes.')
param changesTopicName string

@description('The storage account with the container of dead letters.')
param stateAccountName string

// Event Grid tries for a day with growing pauses, then the event becomes a dead letter.
var attempts = 30
var minutes = 1440

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource state 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: stateAccountName
}

resource lakeTopic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: lakeTopicName
}

resource changesTopic 'Microsoft.EventGrid/topics@2025-02-15' existing = {
  name: changesTopicName
}

resource files 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: lakeTopic
  name: 'files'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: '/blobServices/default/containers/landing/'
      // What ends a write. Over the DFS interface that is the flush that closes the file, and the
      // creation of the empty file before it is no file yet; CreateFile is left out for that.
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.api'
          values: [
            'PutBlob'
            'PutBlockList'
            'CopyBlob'
            'FlushWithClose'
            'SftpCommit'
          ]
        }
      ]
      enableAdvancedFilteringOnArrays: false
    }
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${app.id}/functions/on_blob_created'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    retryPolicy: {
      maxDeliveryAttempts: attempts
      eventTimeToLiveInMinutes: minutes
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: state.id
          blobContainerName: 'deadletters'
        }
      }
    }
  }
}

resource changes 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = {
  parent: changesTopic
  name: 'changes'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: ['Tidemark.TableChanged']
      enableAdvancedFilteringOnArrays: false
    }
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${app.id}/functions/on_data_changed'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    retryPolicy: {
      maxDeliveryAttempts: attempts
      eventTimeToLiveInMinutes: minutes
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: state.id
          blobContainerName: 'deadletters'
        }
      }
    }
  }
}
