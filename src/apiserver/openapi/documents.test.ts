import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { groupVersionInfos, kindType } from '../../api/schema/registry.ts'
import { type DocumentRequest, OpenApiDocuments } from './documents.ts'
import { encodeGnosticV2 } from './gnostic.ts'
import type { OpenApiGroupVersion, OpenApiSource } from './source.ts'

function builtIn(): OpenApiGroupVersion[] {
  return groupVersionInfos()
    .filter(({ served }) => served)
    .map(({ group, version, resources }) => ({
      group,
      version,
      resources: resources.map(({ resource, body, verbs, subresources }) => ({
        plural: resource.plural,
        namespaced: resource.namespaced,
        kind: body,
        verbs,
        subresources: subresources.map((each) => ({ name: each.name, kind: each, verbs: each.verbs })),
        custom: false,
        type: kindType(body)!,
        listType: kindType({ ...body, kind: `${body.kind}List` })!,
      })),
    }))
}

let revision = 'one'
let asked = 0
const groupVersions = builtIn()
const source: OpenApiSource = {
  version: 'v1.36.0',
  revision: () => revision,
  groupVersions: () => {
    asked++
    return groupVersions
  },
  type: kindType,
}
const documents = new OpenApiDocuments(source)
const protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

function ask(path: string, more: Partial<DocumentRequest> = {}) {
  return documents.answer({ path, hash: undefined, accept: undefined, ifNoneMatch: undefined, ...more })
}

function namesIn(text: string, prefix: string): string[] {
  return text
    .split(`"${prefix}`)
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf('"')))
}

type Loose = { [key: string]: Loose }

function document(path: string): Loose {
  return JSON.parse(Buffer.from(ask(path)!.body).toString())
}

test('OpenApiDocuments asks for nothing before the first request', () => {
  const before = asked
  new OpenApiDocuments(source)
  assert.equal(asked, before)
})

test('the index names every served group version with a hash that its document accepts', () => {
  const { paths } = document('/openapi/v3')
  assert.deepEqual(Object.keys(paths!).length, groupVersions.length)
  const url = new URL(`${paths!['apis/apps/v1']!.serverRelativeURL}`, 'http://x')
  const hash = url.searchParams.get('hash')!
  const response = ask(url.pathname, { hash })!
  assert.equal(response.status, 200)
  assert.match(response.headers['cache-control']!, /immutable/)
  assert.equal(ask(url.pathname, { hash: 'old' })!.headers.location, `${url.pathname}?hash=${hash}`)
})

for (const groupVersion of groupVersions) {
  const path = groupVersion.group === '' ? 'api/v1' : `apis/${groupVersion.group}/${groupVersion.version}`
  test(`the document of ${path} has every schema it refers to, and distinct operation ids`, () => {
    const found = document(`/openapi/v3/${path}`)
    const text = JSON.stringify(found)
    for (const name of namesIn(text, '#/components/schemas/')) assert.ok(found.components!.schemas![name], name)
    const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id)
    assert.ok(ids.length > 0)
    assert.equal(new Set(ids).size, ids.length)
  })
}

test('a schema says how its fields merge', () => {
  const { schemas } = document('/openapi/v3/apis/apps/v1').components!
  const pod = schemas!['io.k8s.api.core.v1.PodSpec']!.properties!.containers!
  assert.equal(pod['x-kubernetes-list-type'] as unknown, 'map')
  assert.deepEqual(pod['x-kubernetes-list-map-keys'], ['name'])
  assert.equal(pod['x-kubernetes-patch-strategy'] as unknown, 'merge')
  assert.equal(pod['x-kubernetes-patch-merge-key'] as unknown, 'name')
  const deployment = schemas!['io.k8s.api.apps.v1.Deployment']!
  assert.deepEqual(deployment['x-kubernetes-group-version-kind'], [
    { group: 'apps', kind: 'Deployment', version: 'v1' },
  ])
  assert.deepEqual(schemas!['io.k8s.api.apps.v1.DeploymentSpec']!.required, ['selector', 'template'])
  assert.equal(
    schemas!['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']!['x-kubernetes-map-type'] as unknown,
    'atomic',
  )
  assert.ok(JSON.stringify(schemas!['io.k8s.api.autoscaling.v1.Scale']).includes('"group":"autoscaling"'))
})

test('kubectl finds dryRun and fieldValidation where it looks for them', () => {
  const item = document('/openapi/v3/apis/apps/v1').paths!['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']!
  const patch = item.patch as unknown as { parameters: { name: string }[] } & JsonObject
  assert.deepEqual(
    patch.parameters.map(({ name }) => name),
    ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  )
  assert.equal(patch.operationId, 'patchAppsV1NamespacedDeployment')
  assert.equal(patch['x-kubernetes-action'], 'patch')
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', kind: 'Deployment', version: 'v1' })
})

test('connecting subresources and logs take their options as parameters', () => {
  const { paths } = document('/openapi/v3/api/v1')
  const pod = '/api/v1/namespaces/{namespace}/pods/{name}'
  assert.equal(paths![`${pod}/exec`]!.post!.operationId as unknown, 'connectCoreV1PostNamespacedPodExec')
  assert.match(JSON.stringify(paths![`${pod}/exec`]!.post!.parameters), /"name":"command"/)
  assert.match(JSON.stringify(paths![`${pod}/log`]!.get!.parameters), /"name":"tailLines"/)
  assert.ok(paths![`${pod}/proxy/{path}`])
})

test('version 2 has every definition it refers to, as JSON and as protobuf of the type that Go can parse', () => {
  const found = document('/openapi/v2')
  const text = JSON.stringify(found)
  for (const name of namesIn(text, '#/definitions/')) assert.ok(found.definitions![name], name)
  const response = ask('/openapi/v2', { accept: protobuf })!
  assert.equal(response.headers['content-type'], 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
  assert.ok(Buffer.from(response.body).includes('io.k8s.api.core.v1.Pod'))
})

test('an unchanged document is answered by 304, a changed revision makes a new one', () => {
  const { etag } = ask('/openapi/v3/apis/batch/v1')!.headers
  assert.equal(ask('/openapi/v3/apis/batch/v1', { ifNoneMatch: etag })!.status, 304)
  const before = document('/openapi/v3').paths!['apis/batch/v1']!.serverRelativeURL
  revision = 'two'
  assert.notEqual(document('/openapi/v3').paths!['apis/batch/v1']!.serverRelativeURL, before)
})

test('unknown documents and encodings are refused', () => {
  assert.equal(ask('/openapi/v3/apis/none/v1'), undefined)
  assert.equal(ask('/openapi/v1'), undefined)
  assert.equal(ask('/openapi/v2', { accept: 'image/png' })!.status, 406)
  assert.equal(ask('/openapi/v3/apis/apps/v1', { accept: 'image/png' })!.status, 406)
  assert.equal(ask('/openapi/v3', { accept: 'image/png' })!.status, 200)
})

test('ready definitions stand in for those made from types', () => {
  const definitions = new Map([['com.example.v1.Widget', { type: 'object', description: 'own' }]])
  const custom = [{ group: 'example.com', version: 'v1', resources: [], definitions: () => definitions }]
  const own = new OpenApiDocuments({ ...source, groupVersions: () => custom })
  const request = {
    path: '/openapi/v3/apis/example.com/v1',
    hash: undefined,
    accept: undefined,
    ifNoneMatch: undefined,
  }
  assert.match(Buffer.from(own.answer(request)!.body).toString(), /"com.example.v1.Widget":\{"type":"object"/)
})

test('encodeGnosticV2 writes the numbers of gnostic', () => {
  const head = { swagger: '2.0', info: { title: 'K', version: 'v' } }
  assert.equal(encodeGnosticV2(head).toString('hex'), '0a03322e3012060a014b120176')
  const hex = (value: JsonObject) => encodeGnosticV2({ definitions: { A: value } }).toString('hex')
  // definitions 9 { entry 1 { name 1: "A", value 2 { … } } }
  assert.equal(hex({ type: 'a' }), '4a0d0a0b0a01411206b201030a0161')
  assert.equal(hex({ default: {} }), '4a0d0a0b0a014112062a0412027b7d')
  assert.equal(hex({ additionalProperties: true }), '4a0c0a0a0a01411205aa01021001')
  assert.equal(hex({ required: ['a', 'b'] }), '4a0f0a0d0a014112089a0101619a010162')
  assert.equal(hex({ 'x-a': 1 }), '4a140a120a0141120dfa010a0a03782d611203120131')
})
