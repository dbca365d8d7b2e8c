import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { type ApiError, conflict } from '../../api/errors.ts'
import type { KubeObject, Resource } from '../../api/meta.ts'
import {
  appsV1,
  certificatesV1,
  coreV1,
  networkingV1,
  nodeV1,
  resourceV1,
  resourceV1beta1,
  schedulingV1,
  storageV1,
} from '../../api/resources.ts'
import type { Pod, PodSpec, ResourceQuota } from '../../api/types/core/v1.ts'
import { pem } from '../../api/x509/certificate.ts'
import { integer, sequence } from '../../api/x509/der.ts'
import { subjectDer } from '../../api/x509/names.ts'
import type { Clock } from '../../platform/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import type { Admission, AdmissionAttributes } from '../admission.ts'
import { AuthorizerChain } from '../authorization/decision.ts'
import { Rbac } from '../authorization/rbac.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { defaultAdmission } from './chain.ts'

const clock = {
  monotonicMs: () => 0,
  nowMs: () => Date.UTC(2026, 5, 1),
  sleep: async () => undefined,
  after(_delayMs: number, callback: () => void) {
    waits.push(callback)
    return () => undefined
  },
} as unknown as Clock
let waits: (() => void)[] = []
const admin = { name: 'admin', groups: ['system:masters'], extra: {} }
const node = { name: 'system:node:n1', groups: ['system:nodes'], extra: {} }

let objects: MemoryObjects
let admission: Admission
let statusWrites: ResourceQuota[]

beforeEach(async () => {
  objects = new MemoryObjects()
  statusWrites = []
  waits = []
  const rbac = new Rbac()
  await rbac.start(objects)
  admission = defaultAdmission({
    objects,
    rbac,
    authorizer: new AuthorizerChain([rbac]),
    clock,
    random: simulatedRandom(),
    quotaWriter: () => ({ updateStatus: async (quota) => writeStatus(quota) }),
  })
  put(coreV1.namespaces, { metadata: { name: 'a' }, status: { phase: 'Active' } })
  put(coreV1.serviceAccounts, { metadata: { name: 'default', namespace: 'a' } })
})

function put(resource: Resource, object: object): void {
  objects.put(resource, object as KubeObject)
}

async function writeStatus(quota: ResourceQuota): Promise<ResourceQuota> {
  const current = await objects.get(coreV1.resourceQuotas, 'a/rq')
  if (current?.metadata.resourceVersion !== quota.metadata.resourceVersion)
    throw conflict(coreV1.resourceQuotas, 'rq', 'changed')
  const version = String(Number(quota.metadata.resourceVersion) + 1)
  const written = { ...quota, metadata: { ...quota.metadata, resourceVersion: version } }
  statusWrites.push(written)
  put(coreV1.resourceQuotas, written)
  return written
}

async function admit(resource: Resource, object: object, more: Partial<AdmissionAttributes> = {}): Promise<KubeObject> {
  const own = object as KubeObject
  const attributes: AdmissionAttributes = {
    operation: 'CREATE',
    resource,
    subresource: '',
    namespace: resource.namespaced ? 'a' : '',
    name: own.metadata.name ?? '',
    object: own,
    oldObject: undefined,
    user: admin,
    dryRun: false,
    options: {},
    warn() {},
    ...more,
  }
  await admission.mutate(attributes)
  await admission.validate(attributes)
  return own
}

const pods = coreV1.pods as Resource
function podWith(spec: Partial<PodSpec> = {}, metadata = {}): Pod {
  return {
    metadata: { name: 'p', namespace: 'a', ...metadata },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'x', resources: {} }], ...spec },
  } as Pod
}
const cpu = (request: string | undefined, limit?: string) => ({
  containers: [
    {
      name: 'c',
      image: 'x',
      resources: { ...(request ? { requests: { cpu: request } } : {}), ...(limit ? { limits: { cpu: limit } } : {}) },
    },
  ],
})

test('NamespaceLifecycle refuses missing and terminating namespaces and keeps the immortal ones', async () => {
  const configMap = { metadata: { name: 'c', namespace: 'b' } }
  await assert.rejects(admit(coreV1.configMaps as Resource, configMap, { namespace: 'b' }), {
    message: 'namespaces "b" not found',
  })
  put(coreV1.namespaces, { metadata: { name: 'b' }, status: { phase: 'Terminating' } })
  await assert.rejects(admit(coreV1.configMaps as Resource, configMap, { namespace: 'b' }), (error: ApiError) => {
    assert.equal(
      error.message,
      'configmaps "c" is forbidden: unable to create new content in namespace b because it is being terminated',
    )
    assert.deepEqual(error.status.details?.causes, [
      { reason: 'NamespaceTerminating', message: 'namespace b is being terminated', field: 'metadata.namespace' },
    ])
    return true
  })
  const system = { metadata: { name: 'kube-system' } }
  await assert.rejects(
    admit(coreV1.namespaces as Resource, system, {
      operation: 'DELETE',
      object: undefined,
      oldObject: system as KubeObject,
      name: 'kube-system',
    }),
    { message: 'namespaces "kube-system" is forbidden: this namespace may not be deleted' },
  )
})

test('a plain pod gets its account, token, tolerations and priority', async () => {
  const { spec } = (await admit(pods, podWith({ automountServiceAccountToken: true }))) as Pod
  const volume = spec?.volumes?.[0]?.name ?? ''
  assert.match(volume, /^kube-api-access-[a-z0-9]{5}$/)
  assert.deepEqual(spec, {
    automountServiceAccountToken: true,
    containers: [
      {
        name: 'c',
        image: 'x',
        resources: {},
        volumeMounts: [{ name: volume, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
      },
    ],
    serviceAccountName: 'default',
    serviceAccount: 'default',
    volumes: [
      {
        name: volume,
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
          defaultMode: 420,
        },
      },
    ],
    tolerations: ['not-ready', 'unreachable'].map((what) => ({
      key: `node.kubernetes.io/${what}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
  })
})

test('a pod waits for the default account of a new namespace, but not for ever', async () => {
  objects.remove(coreV1.serviceAccounts as Resource, 'a/default')
  const patient = admit(pods, podWith())
  while (waits.length === 0) await new Promise((resolve) => setImmediate(resolve))
  put(coreV1.serviceAccounts, { metadata: { name: 'default', namespace: 'a' } })
  assert.equal(((await patient) as Pod).spec?.serviceAccountName, 'default')
  objects.remove(coreV1.serviceAccounts as Resource, 'a/default')
  const refused = assert.rejects(admit(pods, podWith()), { message: /serviceaccount "default" not found/ })
  while (waits.length === 1) await new Promise((resolve) => setImmediate(resolve))
  waits[1]?.()
  await refused
})

test('a pod is refused with upstream words', async () => {
  put(nodeV1.runtimeClasses, { metadata: { name: 'rc' }, handler: 'h', overhead: { podFixed: { cpu: '50m' } } })
  const cases: [Partial<PodSpec>, string][] = [
    [{ priorityClassName: 'nope' }, 'no PriorityClass with name nope was found'],
    [{ runtimeClassName: 'nope' }, 'pod rejected: RuntimeClass "nope" not found'],
    [{ overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [
      { runtimeClassName: 'rc', overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [{ serviceAccountName: 'nope' }, 'error looking up service account a/nope: serviceaccount "nope" not found'],
    [
      { priority: 7 },
      'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
  ]
  for (const [spec, why] of cases)
    await assert.rejects(admit(pods, podWith(spec)), { message: `pods "p" is forbidden: ${why}` })
})

test('RuntimeClass and Priority complete the pod', async () => {
  put(nodeV1.runtimeClasses, {
    metadata: { name: 'rc' },
    handler: 'h',
    overhead: { podFixed: { cpu: '50m' } },
    scheduling: { nodeSelector: { r: 'c' }, tolerations: [{ key: 'r', operator: 'Exists' }] },
  })
  put(schedulingV1.priorityClasses, { metadata: { name: 'high' }, value: 5000, preemptionPolicy: 'Never' })
  const { spec } = (await admit(pods, podWith({ runtimeClassName: 'rc', priorityClassName: 'high' }))) as Pod
  assert.deepEqual(
    [spec?.overhead, spec?.nodeSelector, spec?.tolerations?.[2]],
    [{ cpu: '50m' }, { r: 'c' }, { key: 'r', operator: 'Exists' }],
  )
  assert.deepEqual([spec?.priority, spec?.preemptionPolicy], [5000, 'Never'])
})

test('LimitRanger fills defaults and refuses what is out of bounds', async () => {
  put(coreV1.limitRanges, {
    metadata: { name: 'lr', namespace: 'a' },
    spec: {
      limits: [
        {
          type: 'Container',
          default: { cpu: '500m', memory: '64Mi' },
          defaultRequest: { cpu: '100m', memory: '64Mi' },
          max: { cpu: '2' },
          min: { cpu: '10m' },
          maxLimitRequestRatio: { memory: '4' },
        },
        { type: 'Pod', max: { cpu: '3' } },
        { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
      ],
    },
  })
  const pod = (await admit(pods, podWith())) as Pod
  assert.deepEqual(pod.spec?.containers[0]?.resources, {
    limits: { cpu: '500m', memory: '64Mi' },
    requests: { cpu: '100m', memory: '64Mi' },
  })
  assert.equal(
    pod.metadata.annotations?.['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c',
  )
  await assert.rejects(admit(pods, podWith(cpu('3', '3'))), {
    message: 'pods "p" is forbidden: maximum cpu usage per Container is 2, but limit is 3',
  })
  const resize = { operation: 'UPDATE', subresource: 'resize', oldObject: podWith(cpu('1')) } as const
  await assert.rejects(admit(pods, podWith(cpu('3', '3')), resize), {
    message: /maximum cpu usage per Container is 2/,
  })
  const resized = (await admit(pods, podWith(cpu('1')), resize)) as Pod
  assert.equal(resized.metadata.annotations, undefined)
  const two = podWith({
    containers: ['c', 'd'].map((name) => ({
      name,
      image: 'x',
      resources: { limits: { cpu: '2' }, requests: { cpu: '1m' } },
    })),
  })
  await assert.rejects(admit(pods, two), {
    message:
      'pods "p" is forbidden: [minimum cpu usage per Container is 10m, but request is 1m, maximum cpu usage per Pod is 3, but limit is 4]',
  })
  const claim = { metadata: { name: 'c', namespace: 'a' }, spec: { resources: { requests: { storage: '5Gi' } } } }
  await assert.rejects(admit(coreV1.persistentVolumeClaims as Resource, claim), {
    message:
      'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi',
  })
})

function putQuota(hard: Record<string, string>, used: Record<string, string>, spec = {}): void {
  put(coreV1.resourceQuotas, {
    metadata: { name: 'rq', namespace: 'a', resourceVersion: '5' },
    spec: { hard, ...spec },
    status: { hard, used },
  })
}

test('ResourceQuota counts what a resize asks for beyond what was counted', async () => {
  putQuota({ pods: '1', 'requests.cpu': '1' }, { pods: '1', 'requests.cpu': '700m' })
  const resize = { operation: 'UPDATE', subresource: 'resize', oldObject: podWith(cpu('400m')) } as const
  await admit(pods, podWith(cpu('600m')), resize)
  await assert.rejects(admit(pods, podWith(cpu('1500m')), resize), {
    message: /exceeded quota: rq, requested: requests.cpu=1100m/,
  })
})

test('ResourceQuota refuses what exceeds and what leaves limited resources open', async () => {
  putQuota(
    { pods: '2', 'requests.cpu': '1', 'count/configmaps': '3' },
    { pods: '1', 'requests.cpu': '700m', 'count/configmaps': '3' },
  )
  await assert.rejects(admit(pods, podWith(cpu('400m'))), {
    message:
      'pods "p" is forbidden: exceeded quota: rq, requested: requests.cpu=400m, used: requests.cpu=700m, limited: requests.cpu=1',
  })
  await assert.rejects(admit(pods, podWith()), {
    message: 'pods "p" is forbidden: failed quota: rq: must specify requests.cpu for: c',
  })
  await assert.rejects(admit(coreV1.configMaps as Resource, { metadata: { name: 'z', namespace: 'a' } }), {
    message:
      'configmaps "z" is forbidden: exceeded quota: rq, requested: count/configmaps=1, used: count/configmaps=3, limited: count/configmaps=3',
  })
  assert.equal(statusWrites.length, 0)
})

test('ResourceQuota charges what it admits, one request after the other, and nothing on a dry run', async () => {
  putQuota({ pods: '2', 'count/deployments.apps': '1' }, { pods: '0', 'count/deployments.apps': '0' })
  await admit(pods, podWith(), { dryRun: true })
  const outcomes = await Promise.allSettled(['1', '2', '3'].map((name) => admit(pods, podWith({}, { name }))))
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  )
  assert.equal(statusWrites.at(-1)?.status?.used?.pods, '2')
  await admit(appsV1.deployments as Resource, { metadata: { name: 'd', namespace: 'a' } })
  await assert.rejects(
    admit(appsV1.deployments as Resource, { metadata: { name: 'e', namespace: 'a' } }),
    /count\/deployments\.apps=1/,
  )
})

test('ResourceQuota counts only what its scopes select, and growth of a service', async () => {
  putQuota({ pods: '0' }, { pods: '0' }, { scopes: ['Terminating'] })
  await admit(pods, podWith())
  await assert.rejects(admit(pods, podWith({ activeDeadlineSeconds: 5 })), /exceeded quota/)
  const before = { operation: 'UPDATE', oldObject: podWith() } as const
  await assert.rejects(
    admit(pods, podWith({ activeDeadlineSeconds: 5 }), before),
    /exceeded quota: rq, requested: pods=1/,
  )
  await admit(pods, podWith(), { ...before, oldObject: podWith({ activeDeadlineSeconds: 5 }) })
  putQuota({ 'services.nodeports': '1' }, { 'services.nodeports': '1' })
  const service = (type: string) => ({ metadata: { name: 's', namespace: 'a' }, spec: { type, ports: [{ port: 1 }] } })
  const change = (from: string, to: string) =>
    admit(coreV1.services as Resource, service(to), { operation: 'UPDATE', oldObject: service(from) as KubeObject })
  await change('NodePort', 'NodePort')
  await change('NodePort', 'ClusterIP')
  await assert.rejects(change('ClusterIP', 'NodePort'), /services.nodeports=1/)
})

test('defaults of storage and ingress come from the newest class marked so, with protection finalizers', async () => {
  const marked = (name: string, created: string, key: string) => ({
    metadata: { name, creationTimestamp: created, annotations: { [key]: 'true' } },
  })
  put(storageV1.storageClasses, marked('old', '2026-01-01T00:00:00Z', 'storageclass.kubernetes.io/is-default-class'))
  put(storageV1.storageClasses, marked('new', '2026-02-01T00:00:00Z', 'storageclass.kubernetes.io/is-default-class'))
  put(networkingV1.ingressClasses, marked('web', '2026-02-01T00:00:00Z', 'ingressclass.kubernetes.io/is-default-class'))
  const claim = { metadata: { name: 'c', namespace: 'a' }, spec: {} }
  assert.deepEqual(await admit(coreV1.persistentVolumeClaims as Resource, claim), {
    metadata: { name: 'c', namespace: 'a', finalizers: ['kubernetes.io/pvc-protection'] },
    spec: { storageClassName: 'new' },
  })
  const ingress = await admit(networkingV1.ingresses as Resource, { metadata: { name: 'i', namespace: 'a' }, spec: {} })
  assert.deepEqual((ingress as { spec?: object }).spec, { ingressClassName: 'web' })
})

const requests = certificatesV1.certificateSigningRequests as Resource
const signerName = 'kubernetes.io/kube-apiserver-client-kubelet'

/** As much of a request for a certificate as tells whose it is. */
function requestOf(commonName: string): object {
  const info = sequence(integer(new Uint8Array([0])), subjectDer({ commonName, organizations: [] }))
  const request = Buffer.from(pem('CERTIFICATE REQUEST', sequence(info))).toString('base64')
  return { metadata: { name: 'r' }, spec: { signerName, request } }
}

test('NodeRestriction keeps a kubelet to its own node, pods and lease', async () => {
  const as = (resource: Resource, object: object, more: Partial<AdmissionAttributes> = {}) =>
    admit(resource, object, { user: node, ...more })
  const nodes = coreV1.nodes as Resource
  const own = (labels = {}, taints: object[] = []) => ({ metadata: { name: 'n1', labels }, spec: { taints } })
  const created = (await as(nodes, own({ 'kubernetes.io/hostname': 'n1', custom: 'x' }))) as {
    spec?: { taints?: unknown }
  }
  assert.deepEqual(created.spec?.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
  const onOwn = { operation: 'UPDATE', oldObject: own() as KubeObject } as const
  const refused: [Promise<unknown>, RegExp][] = [
    [as(nodes, { metadata: { name: 'n2' } }), /node "n1" is not allowed to modify node "n2"/],
    [
      as(nodes, own({ 'node-role.kubernetes.io/control-plane': '' })),
      /is not allowed to set the following labels: node-role.kubernetes.io\/control-plane/,
    ],
    [
      as(nodes, own(), { operation: 'UPDATE', oldObject: own({}, [{ key: 't', effect: 'NoSchedule' }]) as KubeObject }),
      /is not allowed to modify taints/,
    ],
    [
      as(
        nodes,
        { ...own(), metadata: { name: 'n1', ownerReferences: [{ kind: 'Node', name: 'x', uid: 'u' }] } },
        onOwn,
      ),
      /node "n1" is not allowed to modify ownerReferences/,
    ],
    [
      as(nodes, { ...own(), spec: { configSource: { configMap: { name: 'x' } } } }, onOwn),
      /node "n1" is not allowed to update configSource to a new non-nil configSource/,
    ],
    [as(requests, requestOf('system:node:n2')), /can only create a node CSR with CN=system:node:n1$/],
    [as(requests, { metadata: { name: 'r' }, spec: { signerName, request: '' } }), /unable to parse csr: PEM block/],
    [as(pods, podWith()), /can only create mirror pods/],
    [
      as(pods, podWith(), { operation: 'UPDATE', subresource: 'status', oldObject: podWith({ nodeName: 'n2' }) }),
      /spec.nodeName set to itself/,
    ],
    [
      as(coreV1.serviceAccounts as Resource, { metadata: {}, spec: {} }, { subresource: 'token', name: 'default' }),
      /not bound to a pod/,
    ],
  ]
  for (const [attempt, message] of refused) await assert.rejects(attempt, { message })
  await as(requests, requestOf('system:node:n1'))
  await as(pods, podWith({ nodeName: 'n1' }), {
    operation: 'UPDATE',
    subresource: 'status',
    oldObject: podWith({ nodeName: 'n1' }),
  })
})

test('DeviceAdminAccess wants a label of the namespace for claims and templates, in every version', async () => {
  const message =
    /spec\.devices\.requests\[0\]\.adminAccess: Forbidden: admin access to devices requires the `resource\.kubernetes\.io\/admin-access: true` label on the containing namespace$/
  const claim = {
    metadata: { name: 'c' },
    spec: { devices: { requests: [{ name: 'r', exactly: { adminAccess: true } }] } },
  }
  const older = { ...claim, spec: { devices: { requests: [{ name: 'r', adminAccess: true }] } } }
  const template = { metadata: { name: 'c' }, spec: { spec: claim.spec } }
  put(coreV1.namespaces, { metadata: { name: 'a' } })
  for (const [resource, object] of [
    [resourceV1.resourceClaims, claim],
    [resourceV1beta1.resourceClaims, older],
    [resourceV1.resourceClaimTemplates, template],
  ] as [Resource, object][]) {
    await assert.rejects(admit(resource, object), { message })
  }
  put(coreV1.namespaces, { metadata: { name: 'a', labels: { 'resource.kubernetes.io/admin-access': 'true' } } })
  await admit(resourceV1.resourceClaims as Resource, claim)
})
