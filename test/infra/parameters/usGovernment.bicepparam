using '../../../infra/main.bicep'

param environmentName = 'government'
param location = 'usgovvirginia'
param cloud = 'usgov'
param dataRedundancy = 'Standard_GRS'
param authAudience = '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21'
