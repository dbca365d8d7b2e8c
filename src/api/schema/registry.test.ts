import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupVersionSchemas } from './all.ts'
import {
  groupVersionInfos,
  kindType,
  objectType,
  parseApiVersion,
  reachableTypes,
  resourceInfo,
  typeByName,
} from './registry.ts'
import { parseType } from './schema.ts'
import type { TypeNode } from './type-node.ts'

test('every type of the schema resolves, with each field number once per message', () => {
  for (const schema of groupVersionSchemas) {
    for (const name of Object.keys(schema.types)) {
      if (schema.types[name]?.includes('items]')) continue
      const node = typeByName(`${schema.key}.${name}`)
      const own = [...node.fields.values()].filter((field) => !field.isInlined && field.number > 0)
      const numbers = [...own.map((field) => field.number), ...(node.inlined ?? []).map(({ number }) => number)]
      assert.equal(new Set(numbers).size, numbers.length, `${node.name} uses a field number twice`)
      for (const field of own) assertKeysExist(node.name, field.type)
    }
  }
})

function assertKeysExist(where: string, type: TypeNode): void {
  if (type.kind !== 'list' || type.listType !== 'map') return
  const element = type.element
  assert.equal(element.kind, 'struct', `${where}: a list by keys holds objects`)
  for (const key of type.mapKeys)
    assert.ok(element.kind === 'struct' && element.fields.has(key), `${where}: key ${key}`)
}

test('resources refer to kinds that exist', () => {
  for (const { resources } of groupVersionInfos()) {
    for (const { resource, body, subresources, verbs } of resources) {
      assert.ok(kindType(body), `${resource.plural}: ${body.kind}`)
      if (verbs.includes('list')) assert.ok(kindType({ ...resource, kind: `${resource.kind}List` }), resource.plural)
      for (const each of subresources) assert.ok(kindType(each), `${resource.plural}/${each.name}: ${each.kind}`)
    }
  }
})

test('kindType finds kinds, their lists and the kinds that every version knows', () => {
  assert.equal(kindType({ group: 'apps', version: 'v1', kind: 'Deployment' })?.name, 'apps/v1.Deployment')
  assert.equal(kindType({ group: '', version: 'v1', kind: 'PodList' })?.fields.get('items')?.number, 2)
  assert.equal(kindType({ group: '', version: 'v1', kind: 'Status' })?.name, 'meta/v1.Status')
  assert.equal(kindType({ group: 'apps', version: 'v1', kind: 'DeleteOptions' })?.name, 'meta/v1.DeleteOptions')
  assert.equal(kindType({ group: 'apps', version: 'v1', kind: 'DeploymentSpec' }), undefined)
  assert.equal(kindType({ group: 'apps', version: 'v1', kind: 'constructor' }), undefined)
  assert.equal(kindType({ group: 'apps', version: 'v9', kind: 'Deployment' }), undefined)
  assert.equal(objectType({ apiVersion: 'v1', kind: 'Pod' })?.openApiName, 'io.k8s.api.core.v1.Pod')
})

test('resourceInfo tells names, verbs, subresources and columns', () => {
  const info = resourceInfo({ group: 'apps', version: 'v1', plural: 'deployments' })
  assert.deepEqual(info?.shortNames, ['deploy'])
  assert.deepEqual(info?.categories, ['all'])
  assert.deepEqual(info?.subresources[0], {
    name: 'scale',
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    verbs: ['get', 'patch', 'update'],
  })
  assert.deepEqual(info?.columns[0], { name: 'Name', type: 'string', format: 'name', priority: 0 })
  assert.equal(info?.columns.find(({ name }) => name === 'Selector')?.priority, 1)
  assert.equal(resourceInfo({ group: '', version: 'v1', plural: 'nothing' }), undefined)
})

test('fields of inlined messages stand in the parent', () => {
  const volume = typeByName('core/v1.Volume')
  assert.equal(volume.fields.get('emptyDir')?.isInlined, true)
  assert.equal(volume.inlined?.[0]?.number, 2)
  assert.equal(volume.inlined?.[0]?.node.name, 'core/v1.VolumeSource')
})

test('a field overrides how its type merges', () => {
  const claim = typeByName('core/v1.PersistentVolumeSpec').fields.get('claimRef')?.type
  assert.equal(claim?.kind === 'struct' && claim.mapType, 'granular')
  assert.equal(typeByName('core/v1.ObjectReference').mapType, 'atomic')
})

test('reachableTypes ends on types that contain themselves', () => {
  const crd = kindType({ group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' })
  assert.ok(crd && reachableTypes([crd]).size > 10)
})

test('parseApiVersion splits', () => {
  assert.deepEqual(parseApiVersion('v1'), { group: '', version: 'v1' })
  assert.deepEqual(parseApiVersion('apps/v1'), { group: 'apps', version: 'v1' })
})

test('every type and field says what it is', () => {
  const silent: string[] = []
  for (const schema of groupVersionSchemas) {
    for (const [name, text] of Object.entries(schema.types)) {
      const { description, fields } = parseType(name, text)
      if (description === '') silent.push(`${schema.key}.${name}`)
      for (const field of fields) {
        if (!field.inline && field.description === '') silent.push(`${schema.key}.${name}.${field.name}`)
      }
    }
  }
  assert.deepEqual(silent, [])
})
