// What Application Insights is asked of Tidemark: rules that alert, and a workbook. The queries lie beside it.
param location string
param tags object
@description('The workspace behind Application Insights.')
param workspaceId string
@description('Who is told.')
param actionGroupId string

var rules = [
  {
    name: 'runs-failed'
    title: 'Tidemark: a run failed'
    severity: 1
    window: 'PT15M'
    query: loadTextContent('queries/runs_failed.kql')
  }
  {
    name: 'tables-late'
    title: 'Tidemark: a watermark lies more than an hour behind'
    severity: 2
    window: 'PT1H'
    query: loadTextContent('queries/tables_late.kql')
  }
  {
    name: 'queue-waits'
    title: 'Tidemark: loads wait more than 15 minutes for their turn'
    severity: 2
    window: 'PT15M'
    query: loadTextContent('queries/queue_waits.kql')
  }
  {
    name: 'steps-retried'
    title: 'Tidemark: a step meets many passing faults'
    severity: 2
    window: 'PT15M'
    query: loadTextContent('queries/steps_retried.kql')
  }
  {
    name: 'dead-letters'
    title: 'Tidemark: an event or a file could not be taken up'
    severity: 2
    window: 'PT15M'
    query: loadTextContent('queries/dead_letters.kql')
  }
  {
    name: 'refreshes-failed'
    title: 'Tidemark: a refresh of the lakehouse failed'
    severity: 1
    window: 'PT15M'
    query: loadTextContent('queries/refreshes_failed.kql')
  }
  {
    name: 'lineage-undelivered'
    title: 'Tidemark: lineage was not taken by its endpoint'
    severity: 3
    window: 'PT15M'
    query: loadTextContent('queries/lineage_undelivered.kql')
  }
]

// A query gives a row for each thing that is wrong.
resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'tidemark-${rule.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: rule.title
    severity: rule.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: rule.window
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: true
    // Before the first telemetry the tables are not there.
    skipQueryValidation: true
    actions: { actionGroups: [actionGroupId] }
  }
}]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'tidemark')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Tidemark'
    category: 'workbook'
    serializedData: loadTextContent('workbook.json')
    sourceId: workspaceId
  }
}
