import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, Container, Pod, Secret, Service } from '../../api/types/core/v1.ts'
import { containerEnvironment, type EnvironmentSources } from './environment.ts'
import { expand } from './expand.ts'

const configMaps: Record<string, ConfigMap> = { m: { metadata: {}, data: { a: '1', b: '2' } } }
const secrets: Record<string, Secret> = { s: { metadata: {}, data: { k: Buffer.from('v').toString('base64') } } }
const service: Service = {
  metadata: { name: 'my-db', namespace: 'n' },
  spec: { clusterIP: '10.0.0.9', ports: [{ port: 80, name: 'web' }] },
}
const sources: EnvironmentSources = {
  services: [service],
  references: { configMap: async (_, name) => configMaps[name], secret: async (_, name) => secrets[name] },
  addresses: { podIps: ['10.1.0.1'], nodeIps: ['192.168.0.1'] },
  allocatable: { cpu: '2', memory: '1Gi' },
}
const pod: Pod = { metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { l: 'x' } }, spec: { containers: [] } }

async function environmentOf(container: Partial<Container>, own: Partial<EnvironmentSources> = {}): Promise<object> {
  const full = { name: 'c', ...container }
  const holder = { ...pod, spec: { containers: [full] } }
  return Object.fromEntries(await containerEnvironment(holder, full, { ...sources, ...own }))
}

test('containerEnvironment takes values from everywhere when it is told to', async () => {
  const environment = await environmentOf(
    {
      envFrom: [{ configMapRef: { name: 'm' }, prefix: 'P_' }, { secretRef: { name: 's' } }],
      env: [
        { name: 'plain', value: 'x-$(P_a)' },
        { name: 'ip', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'label', valueFrom: { fieldRef: { fieldPath: "metadata.labels['l']" } } },
        { name: 'key', valueFrom: { configMapKeyRef: { name: 'm', key: 'b' } } },
        { name: 'secret', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        { name: 'cpu', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'memory', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        { name: 'absent', valueFrom: { configMapKeyRef: { name: 'm', key: 'none', optional: true } } },
      ],
    },
    { services: [] },
  )
  assert.deepEqual(environment, {
    P_a: '1',
    P_b: '2',
    k: 'v',
    plain: 'x-1',
    ip: '10.1.0.1',
    label: 'x',
    key: '2',
    secret: 'v',
    cpu: '2',
    memory: '1024',
  })
})

test('containerEnvironment adds Service links, which own variables override', async () => {
  const environment = await environmentOf({ env: [{ name: 'MY_DB_SERVICE_PORT', value: 'own' }] })
  assert.deepEqual(environment, {
    MY_DB_SERVICE_PORT: 'own',
    MY_DB_SERVICE_HOST: '10.0.0.9',
    MY_DB_SERVICE_PORT_WEB: '80',
    MY_DB_PORT: 'tcp://10.0.0.9:80',
    MY_DB_PORT_80_TCP: 'tcp://10.0.0.9:80',
    MY_DB_PORT_80_TCP_PROTO: 'tcp',
    MY_DB_PORT_80_TCP_PORT: '80',
    MY_DB_PORT_80_TCP_ADDR: '10.0.0.9',
  })
})

const refusals: [what: Partial<Container>, message: string][] = [
  [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
  [{ envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
  [
    { env: [{ name: 'x', valueFrom: { configMapKeyRef: { name: 'm', key: 'z' } } }] },
    "couldn't find key z in ConfigMap n/m",
  ],
  [{ env: [{ name: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'z' } } }] }, "couldn't find key z in Secret n/s"],
]

for (const [container, message] of refusals) {
  test(`containerEnvironment throws "${message}"`, async () => {
    await assert.rejects(environmentOf(container), { name: 'MissingReference', message })
  })
}

const expansions: [text: string, expected: string][] = [
  ['$(A)', '1'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$1'],
  ['$(NOPE)', '$(NOPE)'],
  ['$(', '$('],
  ['a$b', 'a$b'],
  ['$(A)$(A)', '11'],
]

for (const [text, expected] of expansions) {
  test(`expand turns ${text} into ${expected}`, () => {
    assert.equal(
      expand(text, (name) => (name === 'A' ? '1' : undefined)),
      expected,
    )
  })
}
