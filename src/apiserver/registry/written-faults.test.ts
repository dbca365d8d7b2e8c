/** What writes are refused for, and what they change, where kinds differ in ways that only a comparison shows. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { enabledApis } from '../scheme/enabled.ts'
import { readFeatureGates } from '../scheme/feature-gates.ts'
import { TestCaller } from '../testbed/caller.ts'

const gates = readFeatureGates(['AllAlpha=true', 'AllBeta=true'])
const everything = enabledApis(['api/all=true'], gates)
let caller: TestCaller

before(async () => {
  caller = await TestCaller.start({ enabled: everything, gates })
})

after(() => caller.api.stop())

const containers = [{ name: 'c', image: 'i' }]
const labels = { a: 'b' }
const workload = (spec: object = {}) => ({
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: { containers, ...spec } },
})
const apps = '/apis/apps/v1/namespaces/default'
const candidates = '/apis/coordination.k8s.io/v1beta1/namespaces/default/leasecandidates'
const oldest = 'OldestEmulationVersion'
const candidate = (more: object) => ({
  leaseName: 'l',
  binaryVersion: '1.36.0',
  emulationVersion: '1.35.0',
  strategy: oldest,
  ...more,
})
const notSemantic = 'must be a valid semantic version'
const unknownEmulation = `spec.emulationVersion: Required value: must be specified when \`strategy\` is '${oldest}'`
const tooOld = 'must be greater than or equal to `emulationVersion`'

const refusals: [what: string, path: string, spec: object, errors: string[]][] = [
  [
    'a candidate of no version',
    candidates,
    candidate({ binaryVersion: 'a', emulationVersion: 'b' }),
    [
      `spec.emulationVersion: Invalid value: "b": ${notSemantic}`,
      `spec.binaryVersion: Invalid value: "a": ${notSemantic}`,
      unknownEmulation,
    ],
  ],
  [
    'a candidate that emulates what comes after it',
    candidates,
    candidate({ binaryVersion: '1.36.0-rc.2', emulationVersion: '1.36.0-rc.10' }),
    [`spec.binaryVersion: Invalid value: "1.36.0-rc.2": ${tooOld}`],
  ],
  [
    'a candidate of versions with leading zeros and empty parts',
    candidates,
    candidate({ binaryVersion: '1.36.0-01', emulationVersion: '1.35.0+a..b' }),
    [
      `spec.emulationVersion: Invalid value: "1.35.0+a..b": ${notSemantic}`,
      `spec.binaryVersion: Invalid value: "1.36.0-01": ${notSemantic}`,
      unknownEmulation,
    ],
  ],
  [
    'a candidate for nothing that emulates what came before the first version',
    candidates,
    candidate({ leaseName: '', emulationVersion: '0.0.0-a' }),
    ['spec.leaseName: Required value'],
  ],
  [
    'an unknown strategy',
    candidates,
    candidate({ strategy: 'x' }),
    [`spec.strategy.strategy: Unsupported value: "x": supported values: "${oldest}"`],
  ],
  [
    'a host name of its own on the host',
    '/api/v1/namespaces/default/pods',
    { containers, hostNetwork: true, hostnameOverride: 'h' },
    ['spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true'],
  ],
  [
    'failed indexes of a job whose mode nobody names',
    '/apis/batch/v1/namespaces/default/cronjobs',
    {
      schedule: '* * * * *',
      jobTemplate: { spec: { maxFailedIndexes: 1, template: { spec: { containers, restartPolicy: 'Never' } } } },
    },
    [
      'spec.jobTemplate.spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
      'spec.jobTemplate.spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
    ],
  ],
  [
    'a pool of which a part has no name',
    '/apis/resource.k8s.io/v1alpha3/resourcepoolstatusrequests',
    { driver: 'D.example.com', poolName: 'a//b' },
    ['spec.poolName: Invalid value: "a//b": segment 1: must not be empty'],
  ],
  [
    'a second source of a volume, under the names that upstream has for it',
    `${apps}/daemonsets`,
    workload({ volumes: [{ name: 'v', emptyDir: {}, downwardAPI: {}, cephfs: { monitors: ['a'] } }] }),
    ['cephFS', 'downwarAPI'].map(
      (field) => `spec.template.spec.volumes[0].${field}: Forbidden: may not specify more than 1 volume type`,
    ),
  ],
  [
    'a scheduling group that names none',
    `${apps}/daemonsets`,
    workload({ schedulingGroup: {} }),
    ['spec.template.spec.schedulingGroup.podGroupName: Invalid value: null: must specify one of: `podGroupName`'],
  ],
  [
    'a profile of its own for a seccomp type without one',
    `${apps}/daemonsets`,
    workload({ securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'p' } } }),
    [
      'spec.template.spec.securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"p"}: can only be set when seccomp type is Localhost',
    ],
  ],
  [
    'less for a pod than its containers ask for',
    '/api/v1/namespaces/default/pods',
    {
      containers: [{ ...containers[0], resources: { requests: { cpu: '1' } } }],
      resources: { requests: { cpu: '0.5' } },
    },
    [
      'spec.resources.requests[cpu]: Invalid value: "500m": must be greater than or equal to aggregate container requests of 1',
    ],
  ],
  [
    "a lease's strategy without a prefix that is not Kubernetes'",
    '/apis/coordination.k8s.io/v1/namespaces/default/leases',
    { strategy: 'Own' },
    [`spec.strategy.strategy: Unsupported value: "Own": supported values: "${oldest}"`],
  ],
  [
    'tokens in secrets where none are asked for',
    '/apis/storage.k8s.io/v1/csidrivers',
    { serviceAccountTokenInSecrets: true },
    [
      'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
    ],
  ],
  [
    'a mutating policy bound to what is deleted',
    '/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings',
    {
      policyName: 'p',
      matchResources: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['DELETE'] }],
      },
    },
    [
      'spec.matchResources.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    ],
  ],
  [
    'a job whose selector and labels are its own, shown in order',
    '/apis/batch/v1/namespaces/default/jobs',
    {
      selector: { matchExpressions: [{ key: 'b', operator: 'Exists' }] },
      template: { metadata: { labels: { z: '1', a: '2' } }, spec: { containers, restartPolicy: 'Never' } },
    },
    [
      'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"UID"},"matchExpressions":[{"key":"b","operator":"Exists"}]}: `selector` not auto-generated',
      'spec.template.metadata.labels: Invalid value: {"a":"2","batch.kubernetes.io/controller-uid":"UID","batch.kubernetes.io/job-name":"x","controller-uid":"UID","job-name":"x","z":"1"}: `selector` does not match template `labels`',
    ],
  ],
  [
    'claims for a whole pod, whose names are told',
    `${apps}/daemonsets`,
    workload({ resources: { claims: [{ name: 'q' }] }, resourceClaims: [{ name: 'r', resourceClaimName: 'c' }] }),
    [
      'spec.template.spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level',
      'spec.template.spec.resources.claims[0]: Not found: "q": must be one of the names in pod.spec.resourceClaims: r',
    ],
  ],
]

for (const [what, path, spec, errors] of refusals) {
  test(`${what} is refused`, async () => {
    const { status, body } = await caller.call('POST', `${path}?dryRun=All`, { metadata: { name: 'x' }, spec })
    assert.equal(status, 422)
    const all = errors.length === 1 ? errors.join('') : `[${errors.join(', ')}]`
    assert.equal(body.message.replace(/^.*? is invalid: /, '').replaceAll(/[0-9a-f]{8}-[-0-9a-f]{27}/g, 'UID'), all)
  })
}

test('what a pod as a whole does not name, and any number of revisions, is taken', async () => {
  const resources = { limits: { 'example.com/device': '1' } }
  const pod = { containers: [{ ...containers[0], resources }], resources: { limits: { cpu: '1' } } }
  for (const [path, spec] of [
    ['/api/v1/namespaces/default/pods', pod],
    [`${apps}/statefulsets`, { ...workload(), serviceName: 's', revisionHistoryLimit: -1 }],
  ] as const) {
    const { status, body } = await caller.call('POST', `${path}?dryRun=All`, { metadata: { name: 'x' }, spec })
    assert.equal(status, 201, body.message)
  }
})

test('names that a stateful set gives its pods itself are not looked at', async () => {
  const spec = { ...workload({ hostname: '-h', subdomain: 'S_' }), serviceName: 's' }
  const { status, body } = await caller.call('POST', `${apps}/statefulsets?dryRun=All`, {
    metadata: { name: 'x' },
    spec,
  })
  assert.equal(status, 201, body.message)
})

test('an empty map is no change of a template, an empty list is one of webhooks', async () => {
  const generationsOf = async (path: string, object: object, changed: object): Promise<number[]> => {
    const made = await caller.call('POST', path, { metadata: { name: 'g' }, ...object })
    assert.equal(made.status, 201, made.body.message)
    const { resourceVersion } = made.body.metadata
    const metadata = { name: 'g', resourceVersion }
    const now = await caller.call('PUT', `${path}/g?dryRun=All`, { metadata, ...changed })
    assert.equal(now.status, 200, now.body.message)
    return [made.body.metadata.generation, now.body.metadata.generation]
  }
  const overhead = { spec: workload({ overhead: {} }) }
  assert.deepEqual(await generationsOf(`${apps}/replicasets`, { spec: workload() }, overhead), [1, 1])
  const webhooks = (objectSelector: object) => ({
    webhooks: [
      {
        name: 'w.example.com',
        clientConfig: { url: 'https://w.example.com' },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        objectSelector,
      },
    ],
  })
  const hooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  assert.deepEqual(await generationsOf(hooks, webhooks({}), webhooks({ matchExpressions: [] })), [1, 2])
  const policies = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies'
  const policy = (more: object) => ({ spec: { podSelector: {}, policyTypes: ['Ingress'], ...more } })
  assert.deepEqual(await generationsOf(policies, policy({}), policy({ ingress: [] })), [1, 2])
})

test('the status of a taint rule has conditions, and nothing else of it is written', async () => {
  const path = '/apis/resource.k8s.io/v1beta2/devicetaintrules'
  const spec = { deviceSelector: { driver: 'd.example.com' }, taint: { key: 'a', effect: 'NoSchedule' } }
  const { body: rule } = await caller.call('POST', path, { metadata: { name: 'r' }, spec })
  const put = async (condition: object, more: object = {}) =>
    await caller.call('PUT', `${path}/r/status`, {
      ...rule,
      metadata: { ...rule.metadata, ...more },
      status: {
        conditions: [{ type: 'T', reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z', ...condition }],
      },
    })
  const refused = await put({ status: 'a' })
  assert.match(refused.body.message, /status\.conditions\[0\]\.status: Unsupported value: "a"/)
  const taken = await put({ status: 'True' }, { labels: { 'Bad Key!': 'a' } })
  assert.equal(taken.status, 200, taken.body.message)
  assert.equal(taken.body.metadata.labels, undefined)
})

test('the status of a cron job takes finalizers without a domain', async () => {
  const path = '/apis/batch/v1/namespaces/default/cronjobs'
  const jobTemplate = { spec: { template: { spec: { containers, restartPolicy: 'Never' } } } }
  const made = await caller.call('POST', path, {
    metadata: { name: 's' },
    spec: { schedule: '* * * * *', jobTemplate },
  })
  const metadata = { ...made.body.metadata, finalizers: ['a'] }
  const { status, body } = await caller.call('PUT', `${path}/s/status?dryRun=All`, { ...made.body, metadata })
  assert.equal(status, 200, body.message)
  const whole = await caller.call('PUT', `${path}/s?dryRun=All`, { ...made.body, metadata })
  assert.equal(whole.status, 422)
})

test('a status write leaves a daemon set the generation of its template', async () => {
  const path = `${apps}/daemonsets`
  const { body } = await caller.call('POST', path, { metadata: { name: 'd' }, spec: workload() })
  const metadata = { ...body.metadata, annotations: { a: 'b' } }
  const written = await caller.call('PUT', `${path}/d/status?dryRun=All`, { ...body, metadata })
  const generation = { 'deprecated.daemonset.template.generation': '1' }
  assert.deepEqual(written.body.metadata.annotations, { a: 'b', ...generation })
})
