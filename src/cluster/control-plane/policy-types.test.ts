import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBuiltInPolicyTypes } from './policy-types.ts'

test('checkBuiltInPolicyTypes knows built-in kinds, and doubts nothing about others', async () => {
  const about = (group: string, resource: string) =>
    checkBuiltInPolicyTypes({
      metadata: { name: 'p' },
      spec: {
        matchConstraints: { resourceRules: [{ apiGroups: [group], apiVersions: ['v1'], resources: [resource] }] },
        validations: [{ expression: 'object.spec.replicass > 1' }],
      },
    })
  const [doubt] = await about('apps', 'deployments')
  assert.match(doubt?.warning ?? '', /^apps\/v1, Kind=Deployment: ERROR: .*undefined field 'replicass'/)
  const [ofCore] = await about('', 'configmaps')
  assert.match(ofCore?.warning ?? '', /^\/v1, Kind=ConfigMap: ERROR: /)
  assert.deepEqual(await about('example.com', 'widgets'), [])
})
