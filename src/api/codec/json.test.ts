import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { kindType, objectType, typeByName } from '../schema/registry.ts'
import type { StructNode } from '../schema/type-node.ts'
import { DecodeError, decodeDocument, decodeJson, encodeJson, parseJson, strictDecodingMessage } from './json.ts'
import { applySchemaDefaults } from './schema-defaults.ts'
import { parseYaml } from './yaml.ts'
import { encodeYaml } from './yaml-write.ts'

const pod = typeByName('core/v1.Pod')
const service = typeByName('core/v1.Service')
const deployment = typeByName('apps/v1.Deployment')

function decode(type: StructNode, value: object): Record<string, unknown> {
  return decodeJson(type, JSON.stringify(value)).object
}

/** Go writes these three with escapes. */
const asRecorded = (json: object) =>
  JSON.stringify(json).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026')

test('decodeJson and encodeJson keep recorded objects byte for byte', () => {
  const path = new URL('testdata/recorded-objects.json', import.meta.url)
  const recorded = JSON.parse(readFileSync(path, 'utf8')) as { name: string; json?: { kind?: string } }[]
  for (const { name, json } of recorded) {
    if (!json) continue
    const type = objectType(json)
    if (!type) continue
    const text = asRecorded(json)
    const { object, strictErrors } = decodeJson(type, text)
    assert.deepEqual(strictErrors, [], name)
    assert.equal(encodeJson(type, object), text)
  }
})

test('what upstream always writes is there, as zero, when nobody gave it', () => {
  const text = JSON.stringify({
    spec: { containers: [{ lifecycle: { preStop: { sleep: {} } } }], imagePullSecrets: [null] },
  })
  const { object } = decodeJson(pod, text)
  const container = { name: '', lifecycle: { preStop: { sleep: { seconds: 0 } } } }
  assert.deepEqual(object, { spec: { containers: [container], imagePullSecrets: [{}] } })
})

const mismatches: { type: StructNode; value: object; message: string }[] = [
  {
    type: service,
    value: { spec: { ports: [{ port: 'http' }] } },
    message: 'json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
  },
  {
    type: service,
    value: { spec: { ports: [{ port: 1e12 }] } },
    message:
      'json: cannot unmarshal number 1000000000000 into Go struct field ServicePort.spec.ports.port of type int32',
  },
  {
    type: service,
    value: { spec: { ports: [{ port: 1.5 }] } },
    message: 'json: cannot unmarshal number 1.5 into Go struct field ServicePort.spec.ports.port of type int32',
  },
  {
    type: pod,
    value: { metadata: { labels: { a: 1 } } },
    message: 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  },
  {
    type: pod,
    value: { spec: { containers: 'x' } },
    message: 'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
  },
  {
    type: pod,
    value: { spec: { volumes: [{ hostPath: { path: 1 } }] } },
    message:
      'json: cannot unmarshal number into Go struct field HostPathVolumeSource.spec.volumes.VolumeSource.hostPath.path of type string',
  },
  { type: pod, value: [], message: 'json: cannot unmarshal array into the object of type v1.Pod' },
  {
    type: pod,
    value: { metadata: { generation: 2 ** 64 } },
    message:
      'json: cannot unmarshal number 18446744073709552000 into Go struct field ObjectMeta.metadata.generation of type int64',
  },
  {
    type: pod,
    value: { spec: { overhead: { cpu: 'a' } } },
    message: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  },
  {
    type: typeByName('core/v1.Secret'),
    value: { data: { a: 'é' } },
    message: 'illegal base64 data at input byte 0',
  },
]

for (const { type, value, message } of mismatches) {
  test(`decodeJson says: ${message}`, () => assert.throws(() => decode(type, value), new DecodeError(message)))
}

test('decodeJson names unknown and duplicate fields and drops them', () => {
  const body =
    '{"spec":{"containers":[{"name":"a","bogus":1}],"a":{}},"Spec":1,"metadata":{"name":"x","name":"y","labels":{"k":"1","k":"2"}}}'
  const { object, strictErrors } = decodeJson(pod, body)
  assert.equal(
    strictDecodingMessage(strictErrors),
    'strict decoding error: unknown field "spec.containers[0].bogus", unknown field "spec.a", unknown field "Spec", duplicate field "metadata.name", duplicate field "metadata.labels.k"',
  )
  assert.deepEqual(object, {
    spec: { containers: [{ name: 'a' }] },
    metadata: { name: 'y', labels: { k: '2' } },
  })
})

test('decodeJson names at most a hundred unknown fields', () => {
  const body = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, 1]))
  assert.equal(decodeJson(pod, JSON.stringify(body)).strictErrors.length, 100)
})

test('decodeJson keeps user keys away from the prototype', () => {
  const body = '{"metadata":{"labels":{"__proto__":"x","constructor":"y"}},"__proto__":{"spec":{}},"constructor":1}'
  const { object, strictErrors } = decodeJson(pod, body)
  const labels = (object.metadata as { labels: object }).labels
  assert.deepEqual(Object.keys(labels), ['__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(labels), Object.prototype)
  assert.deepEqual(strictErrors, ['unknown field "__proto__"', 'unknown field "constructor"'])
  assert.equal(encodeJson(pod, object).includes('"labels":{"__proto__":"x","constructor":"y"}'), true)
})

test('decodeJson brings values into canonical form', () => {
  const container = {
    name: 'a',
    resources: { requests: { cpu: '1000m', memory: '1024Mi', storage: 1.5 } },
    stdin: false,
    args: [],
    ports: null,
    securityContext: {},
  }
  const body = {
    metadata: { name: 'x', creationTimestamp: null, deletionTimestamp: '2026-01-01T02:00:00.5+02:00', labels: {} },
    spec: { containers: [container], terminationGracePeriodSeconds: 0 },
  }
  assert.deepEqual(decode(pod, body), {
    metadata: { name: 'x', deletionTimestamp: '2026-01-01T00:00:00Z', labels: {} },
    spec: {
      containers: [
        {
          name: 'a',
          args: [],
          resources: { requests: { cpu: '1', memory: '1Gi', storage: '1500m' } },
          securityContext: {},
        },
      ],
      terminationGracePeriodSeconds: 0,
    },
  })
})

test('encodeJson writes what upstream always writes and leaves empty optional values out', () => {
  const object = {
    spec: { containers: [{ name: 'a' }], hostNetwork: false },
    metadata: {},
    kind: 'Pod',
    apiVersion: 'v1',
  }
  assert.equal(
    encodeJson(pod, object),
    '{"kind":"Pod","apiVersion":"v1","metadata":{},"spec":{"containers":[{"name":"a","resources":{}}]},"status":{}}',
  )
  const status = encodeJson(typeByName('apps/v1.DaemonSet'), {})
  assert.match(status, /"status":\{"currentNumberScheduled":0,"numberMisscheduled":0,/)
  assert.equal(encodeJson(typeByName('rbac/v1.ClusterRole'), {}), '{"metadata":{},"rules":null}')
  assert.match(encodeJson(typeByName('core/v1.PodCondition'), { type: 'A' }), /"lastProbeTime":null/)
})

test('parseJson refuses what is no JSON or nests too deep', () => {
  assert.throws(() => parseJson('{'), DecodeError)
  assert.throws(() => parseJson(''), DecodeError)
  assert.throws(() => parseJson(`${'['.repeat(5000)}${']'.repeat(5000)}`), /nested deeper than 1000/)
})

test('YAML has its keys in order and lists no deeper than their key', () => {
  assert.equal(
    encodeYaml({ kind: 'A', apiVersion: 'v1', b: [{ z: 1, x: '1' }] }),
    'apiVersion: v1\nb:\n- x: "1"\n  z: 1\nkind: A\n',
  )
})

test('parseYaml reads YAML as the API does', () => {
  const text =
    'spec:\n  containers: [{name: a, tty: yes}]\n  volumes:\n  - configMap: {defaultMode: 0644}\n    name: 2026-01-01\n'
  const { value, duplicates } = parseYaml(text)
  assert.deepEqual(duplicates, [])
  assert.deepEqual(value, {
    spec: {
      containers: [{ name: 'a', tty: true }],
      volumes: [{ configMap: { defaultMode: 420 }, name: '2026-01-01' }],
    },
  })
  assert.deepEqual(parseYaml('a: 1\na: 2\n').duplicates, [
    'yaml: unmarshal errors:\n  line 2: key "a" already set in map',
  ])
  assert.throws(() => parseYaml('a: [1'), DecodeError)
  assert.deepEqual(parseYaml(encodeYaml({ a: 'yes', b: '0644', c: '1:20' })).value, { a: 'yes', b: '0644', c: '1:20' })
})

test('parseYaml gives typed decoding the same objects as JSON', () => {
  const { object } = decodeDocument(deployment, parseYaml('kind: Deployment\nspec:\n  replicas: 2\n  bogus: 1\n'))
  assert.deepEqual(object, { kind: 'Deployment', spec: { replicas: 2 } })
})

test('applySchemaDefaults fills static defaults where the parent is present', () => {
  const object = { spec: { ports: [{ port: 1 }, { port: 2, protocol: 'UDP' }] } }
  applySchemaDefaults(service, object)
  assert.deepEqual(object, {
    spec: {
      ports: [
        { port: 1, protocol: 'TCP' },
        { port: 2, protocol: 'UDP' },
      ],
    },
  })
  const empty = {}
  applySchemaDefaults(pod, empty)
  assert.deepEqual(empty, {})
})

test('decodeJson reads the alternatives of JSON schema', () => {
  const crd = kindType({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' })!
  const schema = {
    additionalProperties: { type: 'string', bogus: 1 },
    items: [{ type: 'string' }],
    properties: { a: { additionalProperties: false } },
  }
  const body = { spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] } }
  const { strictErrors } = decodeJson(crd, JSON.stringify(body))
  assert.deepEqual(strictErrors, ['unknown field "spec.versions[0].schema.openAPIV3Schema.additionalProperties.bogus"'])
})
