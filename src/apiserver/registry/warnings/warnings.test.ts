import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../../testbed/caller.ts'

let caller: TestCaller

before(async () => {
  caller = await TestCaller.start()
})

after(() => caller.api.stop())

/** The texts of the answer's `Warning` headers. */
async function warningsOf(path: string, object: object): Promise<string[]> {
  const { status, headers, body } = await caller.call('POST', `${path}?dryRun=All`, object)
  assert.equal(status, 201, body.message)
  return [...(headers.warning ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    JSON.parse(`"${text}"`),
  )
}

const container = { name: 'c', image: 'i' }
const pods = '/api/v1/namespaces/default/pods'
const pod = (spec: object, metadata: object = {}) => ({
  metadata: { name: 'p', ...metadata },
  spec: { containers: [container], ...spec },
})

const podCases: [what: string, object: object, warnings: string[]][] = [
  ['nothing', pod({}), []],
  [
    'terms that match nothing, in the order of upstream',
    pod({
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }],
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a' }] } },
      containers: [{ ...container, ports: [{ containerPort: 1, hostIP: '1.2.3.4', name: 'q' }] }],
      volumes: [{ name: 'v', projected: { sources: [{}] } }],
    }),
    [
      'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
      'volume "v" (Projected) has no sources provided',
      'spec.containers[0].ports[0]: hostIP set without hostPort: {Name:q HostPort:0 ContainerPort:1 Protocol:TCP HostIP:1.2.3.4}',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod',
    ],
  ],
  [
    'a name that is no host name',
    pod({}, { name: 'a.b' }),
    [
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
  ],
  [
    'a renamed node label',
    pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }),
    ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  ],
  [
    'a volume that works no more',
    pod({ volumes: [{ name: 'v', gitRepo: { repository: 'r' } }] }),
    ['spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+'],
  ],
  [
    'half a byte of memory',
    pod({ containers: [{ ...container, resources: { limits: { memory: '1500m' } } }] }),
    [
      'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
      'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer',
    ],
  ],
  [
    'a variable said twice',
    pod({ containers: [{ ...container, env: [{ name: 'A' }, { name: 'A', value: 'x' }] }] }),
    ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    'a port said twice',
    pod({ containers: [{ ...container, ports: [{ containerPort: 80 }, { containerPort: 80 }] }] }),
    ['spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]'],
  ],
  [
    'an image pull secret said twice',
    pod({ imagePullSecrets: [{ name: 's' }, { name: 's' }] }),
    ['spec.imagePullSecrets[1].name: duplicate name "s"'],
  ],
  [
    'an annotation for AppArmor',
    pod({}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'runtime/default' } }),
    [
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ],
  ],
]

for (const [what, object, warnings] of podCases) {
  test(`a pod with ${what} is warned of that`, async () => {
    assert.deepEqual(await warningsOf(pods, object), warnings)
  })
}

const service = (spec: object) => ({ metadata: { name: 's' }, spec: { ports: [{ port: 1 }], ...spec } })
const template = {
  metadata: { labels: { a: 'b' } },
  spec: { containers: [container], nodeSelector: { 'beta.kubernetes.io/arch': 'x' } },
}

const cases: [path: string, object: object, warnings: string[]][] = [
  [
    '/api/v1/namespaces/default/services',
    service({ externalName: 'a.b', loadBalancerSourceRanges: [] }),
    ['spec.externalName is ignored when spec.type is not "ExternalName"'],
  ],
  [
    '/api/v1/namespaces/default/services',
    service({ clusterIP: 'None', sessionAffinity: 'ClientIP' }),
    ['spec.SessionAffinity is ignored for headless services'],
  ],
  [
    '/api/v1/namespaces/default/services',
    service({ trafficDistribution: 'PreferClose' }),
    ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
  ],
  [
    '/api/v1/namespaces/default/services',
    service({ type: 'LoadBalancer', loadBalancerSourceRanges: ['FD00::/8'] }),
    [
      'spec.loadBalancerSourceRanges[0]: IPv6 CIDR value "FD00::/8" should be in RFC 5952 canonical format ("fd00::/8")',
    ],
  ],
  [
    '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    {
      metadata: { name: 'i', annotations: { 'kubernetes.io/ingress.class': 'x' } },
      spec: { defaultBackend: { service: { name: 's', port: { number: 1 } } } },
    },
    ['annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead'],
  ],
  [
    '/apis/apps/v1/namespaces/default/deployments',
    { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } },
    [
      'spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use "kubernetes.io/arch" instead',
    ],
  ],
  [
    '/api/v1/persistentvolumes',
    {
      metadata: { name: 'v' },
      spec: {
        capacity: { storage: '1' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Recycle',
        nfs: { server: 's', path: '/p' },
      },
    },
    [
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    ],
  ],
]

for (const [path, object, warnings] of cases) {
  test(`${path} is warned: ${warnings[0]?.slice(0, 60)}`, async () => {
    assert.deepEqual(await warningsOf(path, object), warnings)
  })
}

test('a pod whose containers are null is refused, not failed on', async () => {
  const { status, body } = await caller.call('POST', pods, { metadata: { name: 'p' }, spec: { containers: null } })
  assert.equal(status, 422, body.message)
  assert.match(body.message, /spec\.containers: Required value/)
})

test('who writes a status is not told what is wrong with the spec', async () => {
  const spread = { maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'ScheduleAnyway' }
  const created = await caller.call('POST', pods, pod({ topologySpreadConstraints: [spread] }, { name: 'warned' }))
  assert.match(created.headers.warning ?? '', /null labelSelector/)
  const type = { contentType: 'application/merge-patch+json' }
  const phase = await caller.call('PATCH', `${pods}/warned/status`, { status: { phase: 'Running' } }, type)
  assert.deepEqual([phase.status, phase.headers.warning], [200, undefined])
  const label = await caller.call('PATCH', `${pods}/warned`, { metadata: { labels: { a: 'b' } } }, type)
  assert.match(label.headers.warning ?? '', /null labelSelector/)
})
