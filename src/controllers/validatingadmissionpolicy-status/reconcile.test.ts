import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admissionregistrationV1 } from '../../api/resources.ts'
import { checkPolicyTypes } from '../../apiserver/admission/policy/type-check.ts'
import { startTestApiServer } from '../../apiserver/testbed/server.ts'
import { createClient } from '../../client/client-impl.ts'
import { createInformers } from '../../client/informer-impl.ts'
import { validatingAdmissionPolicyStatusController } from './reconcile.ts'

const matchConstraints = {
  resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['*'], resources: ['deployments'] }],
}

test('validatingAdmissionPolicyStatusController says what expressions get wrong about types', async () => {
  const { server, transport, clock, random, log, stop } = await startTestApiServer()
  const client = createClient(transport)
  const informers = createInformers({ client, clock, random, log })
  const api = client.of(admissionregistrationV1.validatingAdmissionPolicies)
  try {
    const rules = ['object.spec.replicas > 1', 'object.spec.replicass > 1', "object.spec.replicas == 'a'"]
    for (const [index, expression] of rules.entries())
      await api.create({ metadata: { name: `p${index}` }, spec: { matchConstraints, validations: [{ expression }] } })
    const controller = validatingAdmissionPolicyStatusController({ client, informers, clock, random, log } as never, {
      checkPolicyTypes: (policy) => checkPolicyTypes(server.scheme, policy),
    })
    informers.start()
    await informers.synced()
    for (const index of rules.keys()) assert.deepEqual(await controller.reconcile(`p${index}`), { kind: 'done' })
    const statuses = await Promise.all(rules.map(async (_, index) => (await api.get(`p${index}`)).status))
    assert.deepEqual(statuses[0], { observedGeneration: 1, typeChecking: {} })
    assert.deepEqual(statuses[1]?.typeChecking?.expressionWarnings, [
      {
        fieldRef: 'spec.validations[0].expression',
        warning:
          "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replicass'\n | object.spec.replicass > 1\n | ...........^\n",
      },
    ])
    const [doubt] = statuses[2]?.typeChecking?.expressionWarnings ?? []
    assert.match(doubt?.warning ?? '', /found no matching overload for '_==_' applied to '\(int, string\)'/)
  } finally {
    await informers.stop()
    await stop()
  }
})
