using '../../../infra/main.bicep'

param environmentName = 'private'
param location = 'westeurope'
param privateNetworking = true
param addressSpace = '10.20.0.0/22'
param agentAddresses = ['203.0.113.7']
param agentPrincipalIds = ['a9e17000-0000-4000-8000-000000000001']
param authAudience = '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21'
