import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { KubeObject, Resource } from '../../api/meta.ts'
import { certificatesV1beta1, coreV1 } from '../../api/resources.ts'
import type { Pod, Toleration } from '../../api/types/core/v1.ts'
import type { HttpReply, HttpRequestOptions, Net } from '../../platform/net.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import type { AdmissionAttributes } from '../admission.ts'
import { AuthorizerChain, type DecidingAuthorizer } from '../authorization/decision.ts'
import { Rbac } from '../authorization/rbac.ts'
import type { AuthorizationAttributes } from '../authorize.ts'
import { conversions, strategies } from '../registry/strategies.ts'
import { builtInScheme } from '../scheme/scheme.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { type AdmissionParts, defaultAdmission } from './chain.ts'
import { isOnByDefault, orderedPlugins } from './names.ts'
import { covers } from './pod-toleration-restriction.ts'

const clock = simulatedClock()
const user = { name: 'jane', groups: ['system:authenticated'], extra: {} }
const pods = coreV1.pods as Resource
let objects: MemoryObjects

beforeEach(() => {
  objects = new MemoryObjects()
  put(coreV1.namespaces, { metadata: { name: 'a' }, status: { phase: 'Active' } })
  put(coreV1.serviceAccounts, { metadata: { name: 'default', namespace: 'a' } })
})

function put(resource: Resource, object: object): void {
  objects.put(resource, object as KubeObject)
}

interface Asked {
  enabled?: string[]
  configuration?: AdmissionParts['configuration']
  mayDo?: (attributes: AuthorizationAttributes) => boolean
  net?: Net
}

async function admit(resource: Resource, object: object, asked: Asked, more: Partial<AdmissionAttributes> = {}) {
  const own: DecidingAuthorizer = {
    decide: (attributes) => ({ kind: asked.mayDo?.(attributes) ? 'allow' : 'noOpinion', reason: 'no role' }),
  }
  const admission = defaultAdmission({
    ...{ objects, clock, random: simulatedRandom(), rbac: new Rbac(), net: asked.net },
    authorizer: new AuthorizerChain([own]),
    quotaWriter: () => ({ updateStatus: async (quota) => quota }),
    scheme: builtInScheme({ strategies: strategies(), conversions: conversions() }),
    enabled: asked.enabled ?? [],
    ...(asked.configuration ? { configuration: asked.configuration } : {}),
  })
  const attributes: AdmissionAttributes = {
    ...{ operation: 'CREATE', resource, subresource: '', user, dryRun: false, options: {}, oldObject: undefined },
    namespace: resource.namespaced ? 'a' : '',
    name: (object as KubeObject).metadata?.name ?? '',
    object: structuredClone(object) as KubeObject,
    warn: () => undefined,
    ...more,
  }
  await admission.mutate(attributes)
  await admission.validate(attributes)
  return attributes.object as KubeObject
}

const podWith = (spec: object, metadata: object = {}): Pod =>
  ({
    metadata: { name: 'p', namespace: 'a', ...metadata },
    spec: { containers: [{ name: 'c', image: 'x', resources: {} }], ...spec },
  }) as Pod

test('the steps are in order, and those of a flag are off without it', () => {
  assert.ok(orderedPlugins.indexOf('PodTolerationRestriction') > orderedPlugins.indexOf('DefaultTolerationSeconds'))
  assert.equal(orderedPlugins.at(-1), 'ResourceQuota')
  assert.deepEqual(
    orderedPlugins.filter((name) => !isOnByDefault(name)),
    [
      ...['AlwaysPullImages', 'ImagePolicyWebhook', 'PodNodeSelector', 'PodTolerationRestriction', 'EventRateLimit'],
      ...['ExtendedResourceToleration', 'OwnerReferencesPermissionEnforcement', 'DenyServiceExternalIPs'],
    ],
  )
})

test('AlwaysPullImages sets the policy of every container and image volume, when asked for', async () => {
  const pod = podWith({
    initContainers: [{ name: 'i', image: 'x', imagePullPolicy: 'Never' }],
    volumes: [{ name: 'v', image: { reference: 'y' } }],
  })
  const plain = (await admit(pods, pod, {})) as Pod
  assert.equal(plain.spec?.initContainers?.[0]?.imagePullPolicy, 'Never')
  const { spec } = (await admit(pods, pod, { enabled: ['AlwaysPullImages'] })) as Pod
  assert.deepEqual(
    [spec?.initContainers?.[0]?.imagePullPolicy, spec?.containers[0]?.imagePullPolicy, spec?.volumes?.[0]?.image],
    ['Always', 'Always', { reference: 'y', pullPolicy: 'Always' }],
  )
  const ephemeralContainers = [{ name: 'd', image: 'z', imagePullPolicy: 'Never' }]
  const debug = podWith({ serviceAccountName: 'default', ephemeralContainers })
  const changed = (await admit(
    pods,
    debug,
    { enabled: ['AlwaysPullImages'] },
    { operation: 'UPDATE', subresource: 'ephemeralcontainers', oldObject: podWith({}) },
  )) as Pod
  assert.equal(changed.spec?.ephemeralContainers?.[0]?.imagePullPolicy, 'Always')
})

test('DenyServiceExternalIPs refuses new addresses and lets old ones be', async () => {
  const service = (...externalIPs: string[]) => ({ metadata: { name: 's', namespace: 'a' }, spec: { externalIPs } })
  const asked = { enabled: ['DenyServiceExternalIPs'] }
  const services = coreV1.services as Resource
  await admit(services, service('1.2.3.4'), {})
  await assert.rejects(admit(services, service('1.2.3.4'), asked), {
    message: 'services "s" is forbidden: Use of external IPs is denied by admission control',
  })
  const update = { operation: 'UPDATE', oldObject: service('1.2.3.4', '1.2.3.5') as KubeObject } as const
  await admit(services, service('1.2.3.4'), asked, update)
  await assert.rejects(admit(services, service('1.2.3.6'), asked, update), /denied by admission control/)
})

test('ExtendedResourceToleration tolerates each device once, in order', async () => {
  const resources = { requests: { 'b.com/gpu': '1', 'a.com/nic': '1', cpu: '1', 'kubernetes.io/x': '1' } }
  const pod = podWith({ containers: [{ name: 'c', image: 'x', resources }] })
  const { spec } = (await admit(pods, pod, { enabled: ['ExtendedResourceToleration'] })) as Pod
  assert.deepEqual(
    spec?.tolerations?.slice(2),
    ['a.com/nic', 'b.com/gpu'].map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' })),
  )
})

test('PodNodeSelector merges the namespace selector and refuses what conflicts or is not allowed', async () => {
  const asked = (selectors: [string, string][]) => ({
    enabled: ['PodNodeSelector'],
    configuration: { podNodeSelectors: new Map(selectors) },
  })
  const byDefault = asked([['clusterDefaultNodeSelector', 'env=test']])
  assert.deepEqual(((await admit(pods, podWith({ nodeSelector: { x: 'y' } }), byDefault)) as Pod).spec?.nodeSelector, {
    env: 'test',
    x: 'y',
  })
  await assert.rejects(admit(pods, podWith({ nodeSelector: { env: 'prod' } }), byDefault), {
    message: 'pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector',
  })
  await assert.rejects(admit(pods, podWith({ nodeSelector: { x: 'y' } }), asked([['a', 'env=test']])), {
    message: 'pods "p" is forbidden: pod node label selector labels conflict with its namespace whitelist',
  })
  const annotations = { 'scheduler.alpha.kubernetes.io/node-selector': 'env=own' }
  put(coreV1.namespaces, { metadata: { name: 'a', annotations }, status: { phase: 'Active' } })
  assert.deepEqual(((await admit(pods, podWith({}), byDefault)) as Pod).spec?.nodeSelector, { env: 'own' })
})

test('PodTolerationRestriction adds the defaults of the namespace and holds pods to its list', async () => {
  const one = { key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }
  const annotations = (more: object) => ({ metadata: { name: 'a', annotations: more }, status: { phase: 'Active' } })
  const prefix = 'scheduler.alpha.kubernetes.io/'
  put(coreV1.namespaces, annotations({ [`${prefix}defaultTolerations`]: JSON.stringify([one]) }))
  const asked = { enabled: ['PodTolerationRestriction'] }
  assert.deepEqual(((await admit(pods, podWith({}), asked)) as Pod).spec?.tolerations?.at(-1), one)
  put(
    coreV1.namespaces,
    annotations({ [`${prefix}tolerationsWhitelist`]: JSON.stringify([{ key: 'o', operator: 'Exists' }]) }),
  )
  await assert.rejects(admit(pods, podWith({ tolerations: [one] }), asked), {
    message:
      'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
  })
})

test('covers finds the wider toleration', () => {
  const cases: [Toleration, Toleration, boolean][] = [
    [{ operator: 'Exists' }, { key: 'a', operator: 'Exists', effect: 'NoSchedule' }, true],
    [{ key: 'a', operator: 'Exists' }, { key: 'a', operator: 'Equal', value: 'x', effect: 'NoExecute' }, true],
    [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }, { key: 'a', operator: 'Exists' }, false],
    [{ key: 'a', value: 'x' }, { key: 'a', operator: 'Exists' }, false],
    [
      { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
      { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 6 },
      false,
    ],
  ]
  for (const [wide, narrow, expected] of cases)
    assert.equal(covers(wide, narrow), expected, JSON.stringify([wide, narrow]))
})

test('EventRateLimit refuses with 429 beyond the burst, and lets go by as time passes', async () => {
  const events = coreV1.events as Resource
  const event = { metadata: { name: 'e', namespace: 'a' }, involvedObject: {}, source: {} }
  const enforced = defaultAdmission({
    ...{ objects, clock, random: simulatedRandom(), rbac: new Rbac(), authorizer: new AuthorizerChain([]) },
    quotaWriter: () => ({ updateStatus: async (quota) => quota }),
    enabled: ['EventRateLimit'],
    configuration: { eventLimits: [{ type: 'Namespace', qps: 1, burst: 2 }] },
  })
  const once = async () =>
    await enforced.validate({
      ...{ operation: 'CREATE', resource: events, subresource: '', namespace: 'a', name: 'e', user, dryRun: false },
      ...{ options: {}, oldObject: undefined, object: event as KubeObject, warn: () => undefined },
    })
  await once()
  await once()
  await assert.rejects(once(), { message: 'Too many requests: limit reached on type Namespace for key a', code: 429 })
  await clock.advance(1000)
  await once()
})

test('OwnerReferencesPermissionEnforcement asks for delete, and for finalizers of who is held back', async () => {
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u', blockOwnerDeletion: true }
  const configMap = { metadata: { name: 'c', namespace: 'a', ownerReferences: [owner] } }
  const enabled = ['OwnerReferencesPermissionEnforcement']
  const asked: string[] = []
  const mayDo = (allowed: string[]) => (one: AuthorizationAttributes) => {
    const text = `${one.verb} ${one.resource}${one.subresource && `/${one.subresource}`} ${one.name}`
    asked.push(text)
    return allowed.includes(text)
  }
  const configMaps = coreV1.configMaps as Resource
  await admit(configMaps, configMap, {})
  await assert.rejects(admit(configMaps, configMap, { enabled, mayDo: mayDo([]) }), {
    message: `configmaps "c" is forbidden: cannot set an ownerRef on a resource you can't delete: no role, <nil>`,
  })
  await assert.rejects(admit(configMaps, configMap, { enabled, mayDo: mayDo(['delete configmaps c']) }), {
    message: `configmaps "c" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: no role, <nil>`,
  })
  const all = ['delete configmaps c', 'update deployments/finalizers d']
  await admit(configMaps, configMap, { enabled, mayDo: mayDo(all) })
  const same = { operation: 'UPDATE', oldObject: configMap as unknown as KubeObject } as const
  await admit(configMaps, configMap, { enabled, mayDo: mayDo([]) }, same)
})

function answering(answer: object, calls: HttpRequestOptions[]): Net {
  const reply = (): HttpReply => ({
    ...{ status: 200, headers: {} },
    body: (async function* () {
      yield Buffer.from(JSON.stringify(answer))
    })(),
  })
  return {
    request: async (options: HttpRequestOptions) => {
      calls.push(options)
      return reply()
    },
  } as unknown as Net
}

test('ImagePolicyWebhook asks about images and refuses in the words that it gets', async () => {
  const calls: HttpRequestOptions[] = []
  const configuration = { imagePolicy: { access: { server: 'https://images.example', tls: {} } } }
  const net = answering({ status: { allowed: false, reason: 'too old' } }, calls)
  const pod = podWith({}, { annotations: { 'a.image-policy.k8s.io/break-glass': '1', other: 'x' } })
  await assert.rejects(admit(pods, pod, { enabled: ['ImagePolicyWebhook'], configuration, net }), {
    message: 'pods "p" is forbidden: image policy webhook backend denied one or more images: too old',
  })
  assert.deepEqual(JSON.parse(String(calls[0]?.body)).spec, {
    containers: [{ image: 'x' }],
    annotations: { 'a.image-policy.k8s.io/break-glass': '1' },
    namespace: 'a',
  })
})

test('ClusterTrustBundleAttest lets only those vouch for a signer who may', async () => {
  const bundles = certificatesV1beta1.clusterTrustBundles as Resource
  const bundle = { metadata: { name: 's:b' }, spec: { signerName: 'example.com/s', trustBundle: 'x' } }
  await assert.rejects(admit(bundles, bundle, {}), {
    message:
      'clustertrustbundles.certificates.k8s.io "s:b" is forbidden: user not permitted to attest for signerName "example.com/s"',
  })
  await admit(bundles, bundle, { mayDo: ({ verb, name }) => verb === 'attest' && name === 'example.com/*' })
})

const bound = (requests: object, more: object = {}) =>
  podWith({ nodeName: 'n', containers: [{ name: 'c', image: 'x', resources: { requests } }], ...more })

test('PodResizeValidator and NodeDeclaredFeatureValidator hold a resize to what the node has', async () => {
  const node = (labels: object, declaredFeatures: string[] = []) => ({
    metadata: { name: 'n', labels },
    status: { allocatable: { cpu: '1', memory: '1Ki' }, declaredFeatures },
  })
  const resize = (after: Pod, before: Pod) =>
    admit(pods, after, {}, { operation: 'UPDATE', subresource: 'resize', oldObject: before })
  const small = bound({ cpu: '500m' })
  await assert.rejects(resize(bound({ cpu: '1' }), small), { message: 'pods "p" is forbidden: node "n" not found' })
  put(coreV1.nodes, node({ 'kubernetes.io/os': 'linux' }))
  await resize(bound({ cpu: '1' }), small)
  await assert.rejects(resize(bound({ cpu: '2', memory: '2Ki' }), small), {
    message: `pods "p" is forbidden: node didn't have enough allocatable resources: cpu, requested: 2000, allocatable: 1000; memory, requested: 2048, allocatable: 1024`,
  })
  const whole = (cpu: string) => bound({}, { resources: { requests: { cpu } } })
  const initial = (cpu: string) =>
    bound({}, { initContainers: [{ name: 'i', image: 'x', resources: { requests: { cpu } } }] })
  const refusal = (feature: string) => ({
    message: `pods "p" is forbidden: pod update requires features ${feature} which are not available on node "n"`,
  })
  const podLevel = 'InPlacePodLevelResourcesVerticalScaling'
  await assert.rejects(resize(whole('1'), whole('500m')), refusal(podLevel))
  await assert.rejects(resize(initial('1'), initial('500m')), refusal('InPlacePodVerticalScalingInitContainers'))
  put(coreV1.nodes, node({ 'kubernetes.io/os': 'linux' }, [podLevel]))
  await resize(whole('1'), whole('500m'))
  put(coreV1.nodes, node({ 'kubernetes.io/os': 'windows' }))
  await assert.rejects(resize(bound({ cpu: '1' }), small), {
    message: 'pods "p" is forbidden: pod resize is only supported on linux nodes, node "n" is "windows"',
  })
})
