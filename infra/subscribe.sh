#!/bin/sh
# Subscribes the deployed functions to the topics of a resource group: sh infra/subscribe.sh <group>
set -eu
group=$1

name_of() {
    az resource list --resource-group "$group" --resource-type "$1" --query "[0].name" --output tsv
}

state=$(az storage account list --resource-group "$group" \
    --query "[?tags.holds=='state'].name | [0]" --output tsv)
az deployment group create --resource-group "$group" --name subscriptions \
    --template-file "$(dirname "$0")/subscriptions.bicep" \
    --parameters appName="$(name_of Microsoft.Web/sites)" \
    lakeTopicName="$(name_of Microsoft.EventGrid/systemTopics)" \
    changesTopicName="$(name_of Microsoft.EventGrid/topics)" \
    stateAccountName="$state" --output none
