/** What monitors are told of who came, of admission and of what is recorded, under upstream's names. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Cluster, startCluster, startWebhookServer } from '../admission/webhook/testbed/cluster.ts'

let cluster: Cluster
before(async () => {
  cluster = await startCluster()
})
after(() => cluster.stop())

/** Values of a metric whose labels include these. */
async function told(name: string, labels: Record<string, string> = {}): Promise<number> {
  const { body } = await cluster.caller.call('GET', '/metrics')
  let sum = 0
  for (const line of String(body).split('\n')) {
    const [, sample, given = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (sample !== name) continue
    if (Object.entries(labels).every(([key, text]) => given.includes(`${key}="${text}"`))) sum += Number(value)
  }
  return sum
}

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } })
const configMaps = '/api/v1/namespaces/default/configmaps'

test('admission tells how long its steps took, and which refused', async () => {
  await cluster.caller.call('POST', configMaps, configMap('a'))
  await cluster.caller.call('POST', '/api/v1/namespaces/none/configmaps', configMap('a'))
  const step = 'apiserver_admission_step_admission_duration_seconds_count'
  assert.ok((await told(step, { type: 'validate', operation: 'CREATE', rejected: 'false' })) >= 1)
  assert.equal(await told(step, { type: 'admit', operation: 'CREATE', rejected: 'true' }), 1)
  const controller = 'apiserver_admission_controller_admission_duration_seconds_count'
  assert.equal(await told(controller, { name: 'NamespaceLifecycle', type: 'admit', rejected: 'true' }), 1)
  assert.ok((await told(controller, { name: 'NamespaceLifecycle', rejected: 'false' })) >= 1)
})

test('Services are counted by what they were given, wanted or refused', async () => {
  const services = '/api/v1/namespaces/default/services'
  const service = (name: string, spec: object) => ({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } },
  })
  await cluster.caller.call('POST', services, service('any', { type: 'NodePort' }))
  await cluster.caller.call('POST', services, service('wanted', { clusterIP: '10.96.3.3' }))
  await cluster.caller.call('POST', services, service('again', { clusterIP: '10.96.3.3' }))
  await cluster.caller.call('POST', `${services}?dryRun=All`, service('dry', { type: 'NodePort' }))
  const prefix = 'kube_apiserver_clusterip_allocator_'
  assert.equal(await told(`${prefix}allocation_total`, { cidr: '10.96.0.0/16', scope: 'dynamic' }), 1)
  assert.equal(await told(`${prefix}allocation_total`, { scope: 'static' }), 1)
  assert.equal(await told(`${prefix}allocation_errors_total`, { scope: 'static' }), 1)
  assert.equal(await told(`${prefix}allocated_ips`), 2)
  assert.equal(await told(`${prefix}available_ips`), 65_532)
  assert.equal(await told('kube_apiserver_nodeport_allocator_allocation_total', { scope: 'dynamic' }), 1)
  assert.equal(await told('kube_apiserver_nodeport_allocator_available_ports'), 2767)
})

test('pods are counted by the level that judged them', async () => {
  const labels = {
    'pod-security.kubernetes.io/enforce': 'baseline',
    'pod-security.kubernetes.io/enforce-version': 'v1.99',
  }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'held', labels } }
  assert.equal((await cluster.caller.call('POST', '/api/v1/namespaces', namespace)).status, 201)
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
  await cluster.caller.call('POST', '/api/v1/namespaces/held/serviceaccounts', account)
  const spec = { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec }
  assert.equal((await cluster.caller.call('POST', '/api/v1/namespaces/held/pods', pod)).status, 403)
  const judged = { decision: 'deny', mode: 'enforce', policy_level: 'baseline', policy_version: 'future' }
  const total = 'pod_security_evaluations_total'
  assert.equal(await told(total, { ...judged, request_operation: 'create', resource: 'pod', subresource: '' }), 1)
})

test('policies are counted by what followed', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1'
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }
  const named = (kind: string, name: string, spec: object) => ({
    ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec },
  })
  const policy = named('ValidatingAdmissionPolicy', 'p', {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: "object.metadata.name != 'bad' && object.data.a == '1'" }],
  })
  const binding = named('ValidatingAdmissionPolicyBinding', 'b', {
    policyName: 'p',
    validationActions: ['Deny', 'Audit'],
  })
  for (const [resource, object] of [
    ['validatingadmissionpolicies', policy],
    ['validatingadmissionpolicybindings', binding],
  ] as const)
    assert.equal((await cluster.caller.call('POST', `${path}/${resource}`, object)).status, 201)
  assert.equal((await cluster.caller.call('POST', configMaps, configMap('good'))).status, 201)
  assert.equal((await cluster.caller.call('POST', configMaps, configMap('bad'))).status, 422)
  await cluster.caller.call('POST', configMaps, { ...configMap('empty'), data: {} })
  const total = 'apiserver_validating_admission_policy_check_total'
  const names = { policy: 'p', policy_binding: 'b' }
  assert.equal(await told(total, { ...names, enforcement_action: 'allow', error_type: 'no_error' }), 1)
  assert.equal(await told(total, { ...names, enforcement_action: 'deny', error_type: 'no_error' }), 1)
  assert.equal(await told(total, { ...names, enforcement_action: 'audit', error_type: 'no_error' }), 1)
  assert.equal(await told(total, { ...names, enforcement_action: 'deny', error_type: 'invalid_error' }), 1)
})

test('webhooks are counted with what they answer, and those that do not answer', async () => {
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }]
  const webhook = (name: string, url: string, failurePolicy: string, caBundle?: string) => ({
    ...{ name, rules, failurePolicy, sideEffects: 'None', admissionReviewVersions: ['v1'], timeoutSeconds: 5 },
    clientConfig: { url, ...(caBundle ? { caBundle } : {}) },
  })
  const server = await startWebhookServer()
  server.behave((_review, { send }) => send({ allowed: false, status: { code: 418, message: 'no' } }))
  const webhooks = [
    webhook('open.example.com', 'https://localhost:1/', 'Ignore'),
    webhook('no.example.com', `https://localhost:${server.port}/`, 'Fail', server.caBundle),
  ]
  const configuration = {
    ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' },
    ...{ metadata: { name: 'w' }, webhooks },
  }
  const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  assert.equal((await cluster.caller.call('POST', path, configuration)).status, 201)
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }
  assert.equal((await cluster.caller.call('POST', '/api/v1/namespaces/default/secrets', secret)).status, 418)
  await server.close()
  const no = { name: 'no.example.com', type: 'validating', operation: 'CREATE' }
  assert.equal(await told('apiserver_admission_webhook_request_total', { ...no, code: '418', rejected: 'true' }), 1)
  assert.equal(
    await told('apiserver_admission_webhook_rejection_count', { ...no, error_type: 'no_error', rejection_code: '418' }),
    1,
  )
  assert.equal(await told('apiserver_admission_webhook_admission_duration_seconds_count', no), 1)
  const open = { name: 'open.example.com', type: 'validating' }
  assert.equal(await told('apiserver_admission_webhook_fail_open_count', open), 1)
  assert.equal(await told('apiserver_admission_webhook_rejection_count', open), 0)
})

test('who came and what was allowed is counted without names that anybody may choose', async () => {
  assert.ok((await told('authorization_attempts_total', { result: 'allowed' })) > 1)
  assert.ok((await told('authorization_duration_seconds_count', { result: 'allowed' })) > 1)
})
