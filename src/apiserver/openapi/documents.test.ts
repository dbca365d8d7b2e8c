import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { groupVersionInfos, kindType } from '../../api/schema/registry.ts'
import { documentPath } from './document.ts'
import { type DocumentRequest, OpenApiDocuments } from './documents.ts'
import { encodeGnostic } from './gnostic.ts'
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

const nothing = { hash: undefined, accept: undefined, ifNoneMatch: undefined }

function ask(path: string, more: Partial<DocumentRequest> = {}) {
  return documents.answer({ ...nothing, path, ...more })
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

test('the index names the paths of discovery, every group and every version, with hashes that documents accept', () => {
  const { paths } = document('/openapi/v3')
  const names = [
    ...['.well-known/openid-configuration', 'apis', 'openid/v1/jwks', 'version'],
    ...new Set(groupVersions.map(({ group }) => (group === '' ? 'api' : `apis/${group}`))),
    ...groupVersions.map(documentPath),
  ]
  assert.deepEqual(Object.keys(paths!), names.sort())
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
  assert.match(JSON.stringify(paths![`${pod}/exec`]!.parameters), /"name":"command"/)
  assert.match(JSON.stringify(paths![`${pod}/log`]!.parameters), /"name":"tailLines"/)
  const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
  assert.deepEqual(Object.keys(paths![`${pod}/proxy/{path}`]!).sort(), [...methods, 'parameters'].sort())
})

test('version 2 shares parameters that many operations have, and keeps those that kubectl looks for in their place', () => {
  const { paths, parameters } = document('/openapi/v2')
  const refs = namesIn(JSON.stringify(paths), '#/parameters/')
  assert.deepEqual([...new Set(refs)].sort(), Object.keys(parameters!))
  const patch = paths!['/api/v1/namespaces/{namespace}/pods/{name}']!.patch as unknown as { parameters: JsonObject[] }
  const names = patch.parameters.map(({ name, $ref }) => name ?? `${$ref}`.replace(/-.{8}$/, ''))
  assert.deepEqual(names, [
    ...['#/parameters/body', 'dryRun', '#/parameters/fieldManager', 'fieldValidation', '#/parameters/force'],
  ])
  const remove = paths!['/api/v1/namespaces/{namespace}/pods/{name}']!.delete!
  assert.match(JSON.stringify(remove.responses), /io.k8s.api.core.v1.Pod"/)
  assert.ok(paths!['/api/v1/watch/namespaces/{namespace}/pods/{name}'])
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

test('a document says when it was made, and is not sent again to who has it since', () => {
  let nowMs = Date.UTC(2026, 0, 1, 12, 0, 0, 700)
  const timed = new OpenApiDocuments({ ...source, nowMs: () => nowMs })
  const get = (more: object) => timed.answer({ ...nothing, path: '/openapi/v3', ...more })!
  const made = 'Thu, 01 Jan 2026 12:00:00 GMT'
  assert.equal(get({}).headers['last-modified'], made)
  nowMs += 60_000
  assert.deepEqual([get({}).headers['last-modified'], get({ ifModifiedSince: made }).status], [made, 304])
  assert.equal(get({ ifModifiedSince: 'Thu, 01 Jan 2026 11:59:59 GMT' }).status, 200)
  assert.equal(get({ ifModifiedSince: made, ifNoneMatch: '"other"' }).status, 200)
  assert.equal(get({ ifModifiedSince: 'yesterday' }).status, 200)
})

test('unknown documents and encodings are refused', () => {
  assert.equal(ask('/openapi/v3/apis/none/v1'), undefined)
  assert.equal(ask('/openapi/v1'), undefined)
  assert.equal(ask('/openapi/v2', { accept: 'image/png' })!.status, 406)
  assert.equal(ask('/openapi/v3/apis/apps/v1', { accept: 'image/png' })!.status, 406)
  assert.equal(ask('/openapi/v3', { accept: 'image/png' })!.status, 200)
})

test('ready definitions stand in for those made from types', () => {
  const name = 'com.example.v1.Widget'
  const definitions = new Map([
    [name, { type: 'object', description: 'own' }],
    [`${name}List`, { type: 'object' }],
  ])
  const typeOf = (openApiName: string) => ({ ...kindType({ group: '', version: 'v1', kind: 'Pod' })!, openApiName })
  const resource = {
    ...{ plural: 'widgets', kind: { group: 'example.com', version: 'v1', kind: 'Widget' }, namespaced: true },
    ...{ verbs: ['get', 'list'], subresources: [], type: typeOf(name), listType: typeOf(`${name}List`), custom: true },
  }
  const custom = [{ group: 'example.com', version: 'v1', resources: [resource], definitions: () => definitions }]
  const own = new OpenApiDocuments({ ...source, groupVersions: () => custom })
  const path = '/openapi/v3/apis/example.com/v1'
  const text = Buffer.from(own.answer({ ...nothing, path })!.body).toString()
  assert.match(text, /"com.example.v1.Widget":\{"type":"object"/)
  const index = JSON.parse(Buffer.from(own.answer({ ...nothing, path: '/openapi/v3' })!.body).toString())
  assert.equal(index.paths['apis/example.com'], undefined)
})

test('documents of version 3 come as protobuf, too', () => {
  const accept = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf'
  const { status, headers, body } = ask('/openapi/v3/version', { accept: `${accept}, application/json;q=0.5` })!
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf')
  assert.ok(Buffer.from(body).subarray(0, 7).equals(Buffer.from('\n\x053.0.0')))
  assert.ok(Buffer.from(body).includes('io.k8s.apimachinery.pkg.version.Info'))
  assert.equal(
    ask('/openapi/v3/version', { accept: `${accept};q=0.1,*/*` })!.headers['content-type'],
    'application/json',
  )
})

test('encodeGnostic writes the numbers of gnostic', () => {
  const head = { swagger: '2.0', info: { title: 'K', version: 'v' } }
  assert.equal(encodeGnostic(head).toString('hex'), '0a03322e3012060a014b120176')
  const hex = (value: JsonObject) => encodeGnostic({ definitions: { A: value } }).toString('hex')
  // definitions 9 { entry 1 { name 1: "A", value 2 { … } } }
  assert.equal(hex({ type: 'a' }), '4a0d0a0b0a01411206b201030a0161')
  assert.equal(hex({ default: {} }), '4a0d0a0b0a014112062a0412027b7d')
  assert.equal(hex({ additionalProperties: true }), '4a0c0a0a0a01411205aa01021001')
  assert.equal(hex({ required: ['a', 'b'] }), '4a0f0a0d0a014112089a0101619a010162')
  assert.equal(hex({ 'x-a': 1 }), '4a140a120a0141120dfa010a0a03782d611203120131')
  const v3 = (value: JsonObject) => {
    const text = encodeGnostic({ openapi: '3', components: { schemas: { A: value } } }).toString('hex')
    return text.slice(6)
  }
  // components 5 { schemas 1 { entry 1 { name 1: "A", value 2 { schema 1 { … } } } } }
  assert.equal(v3({ type: 'a' }), '2a0f0a0d0a0b0a014112060a04ca010161')
  assert.equal(v3({ $ref: 'b' }), '2a0e0a0c0a0a0a0141120512030a0162')
  assert.equal(v3({ default: false }), '2a100a0e0a0c0a014112070a058a02021000')
})
