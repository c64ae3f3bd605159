using '../../../infra/main.bicep'

// As the one beside it, but no agent comes from outside: nothing at all is open.
param environmentName = 'closed'
param location = 'westeurope'
param privateNetworking = true
param authAudience = '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21'
