import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GraphNode, isNamedBy, OwnershipGraph } from './graph.ts'

const resource = { group: '', version: 'v1', plural: 'configmaps', singular: '', kind: 'ConfigMap', namespaced: true }
const configMaps = { ...resource, verbs: [] }
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'u' }

function graphWith(namespaces: string[]): OwnershipGraph {
  const graph = new OwnershipGraph()
  const dependent = (namespace: string) => ({ name: 'd', namespace, uid: `d-${namespace}`, ownerReferences: [owner] })
  for (const namespace of namespaces) graph.set(configMaps, { metadata: dependent(namespace) })
  return graph
}

test('OwnershipGraph: an owner that is missing where one looked in vain may be elsewhere, or bear another name', () => {
  const graph = graphWith(['here', 'there'])
  graph.markAbsent(owner, 'here')
  assert.equal(graph.isKnownAbsent(owner, 'here'), true)
  assert.equal(graph.isKnownAbsent({ ...owner, apiVersion: 'v2' }, 'here'), true)
  assert.equal(graph.isKnownAbsent(owner, 'there'), false)
  assert.equal(graph.isKnownAbsent({ ...owner, name: 'other' }, 'here'), false)
  assert.equal(graph.isKnownAbsent({ ...owner, kind: 'Secret' }, 'here'), false)
})

test('OwnershipGraph: who was seen to go is absent until no dependent is left', () => {
  const graph = graphWith(['here'])
  graph.set(configMaps, { metadata: { name: 'owner', namespace: 'here', uid: 'u' } })
  assert.equal(isNamedBy(graph.get('u') as GraphNode, owner), true)
  assert.equal(isNamedBy(graph.get('u') as GraphNode, { ...owner, apiVersion: 'apps/v1' }), false)
  graph.remove('u')
  assert.equal(graph.isKnownAbsent(owner, 'here'), true)
  graph.remove('d-here')
  assert.equal(graph.isKnownAbsent(owner, 'here'), false)
})
