import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../api/meta.ts'
import type { DeleteOptions } from '../../api/types/meta/v1.ts'
import { builtInScheme } from '../scheme/scheme.ts'
import { planDeletion } from './delete.ts'
import { strategies } from './strategies.ts'

const nowMs = Date.UTC(2026, 0, 1)
const scheme = builtInScheme({ strategies: strategies(), conversions: new Map() })

interface Case {
  title: string
  plural: string
  object: object
  options?: DeleteOptions
  /** The plan's kind, then what stands in the object's metadata. */
  plan: string
  metadata?: object
}

const running = { spec: { nodeName: 'n', terminationGracePeriodSeconds: 30 }, status: { phase: 'Running' } }
const ending = { deletionTimestamp: '2026-01-01T00:00:20Z', deletionGracePeriodSeconds: 30 }

const cases: readonly Case[] = [
  { title: 'removes a plain object', plural: 'configmaps', object: {}, plan: 'remove' },
  {
    title: 'marks an object with finalizers',
    plural: 'configmaps',
    object: { metadata: { finalizers: ['a/b'], generation: 3 } },
    plan: 'mark',
    metadata: {
      finalizers: ['a/b'],
      generation: 4,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
    },
  },
  {
    title: 'adds the finalizer that the policy asks for',
    plural: 'configmaps',
    object: {},
    options: { propagationPolicy: 'Foreground' },
    plan: 'mark',
    metadata: {
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: '2026-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
    },
  },
  {
    title: 'takes the finalizer away that the policy denies',
    plural: 'configmaps',
    object: { metadata: { finalizers: ['orphan'] } },
    options: { propagationPolicy: 'Background' },
    plan: 'remove',
  },
  {
    title: 'keeps to the old field for orphans',
    plural: 'configmaps',
    object: {},
    options: { orphanDependents: true },
    plan: 'mark',
    metadata: { finalizers: ['orphan'], deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 },
  },
  {
    title: 'gives a running pod its grace',
    plural: 'pods',
    object: running,
    plan: 'mark',
    metadata: { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 },
  },
  {
    title: 'removes a running pod without grace',
    plural: 'pods',
    object: running,
    options: { gracePeriodSeconds: 0 },
    plan: 'remove',
  },
  {
    title: 'removes a pod that has no node',
    plural: 'pods',
    object: { spec: { terminationGracePeriodSeconds: 30 } },
    plan: 'remove',
  },
  {
    title: 'keeps a pod without grace that has finalizers',
    plural: 'pods',
    object: { ...running, metadata: { finalizers: ['a/b'] } },
    options: { gracePeriodSeconds: 0 },
    plan: 'mark',
    metadata: { finalizers: ['a/b'], deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 },
  },
  {
    title: 'leaves a pod alone that is ending',
    plural: 'pods',
    object: { ...running, metadata: ending },
    plan: 'pending',
  },
  {
    title: 'never lengthens a grace',
    plural: 'pods',
    object: { ...running, metadata: ending },
    options: { gracePeriodSeconds: 60 },
    plan: 'pending',
  },
  {
    title: 'shortens a grace from when it began',
    plural: 'pods',
    object: { ...running, metadata: ending },
    options: { gracePeriodSeconds: 5 },
    plan: 'mark',
    metadata: { deletionTimestamp: '2025-12-31T23:59:55Z', deletionGracePeriodSeconds: 5 },
  },
  {
    title: 'takes a negative grace for one second',
    plural: 'pods',
    object: { ...running, metadata: ending },
    options: { gracePeriodSeconds: -5 },
    plan: 'mark',
    metadata: { deletionTimestamp: '2025-12-31T23:59:51Z', deletionGracePeriodSeconds: 1 },
  },
  {
    title: 'keeps a namespace until it is finalized',
    plural: 'namespaces',
    object: { spec: { finalizers: ['kubernetes'] } },
    plan: 'mark',
    metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
  },
  {
    title: 'removes an emptied namespace',
    plural: 'namespaces',
    object: { spec: { finalizers: [] }, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } },
    plan: 'remove',
  },
]

for (const { title, plural, object, options = {}, plan, metadata } of cases) {
  test(`planDeletion ${title}`, () => {
    const served = scheme.find('', 'v1', plural)
    assert.ok(served)
    const old = { metadata: {}, ...object } as KubeObject
    const before = structuredClone(old)
    const planned = planDeletion(served, old, options, nowMs)
    assert.equal(planned.kind, plan)
    if (metadata && planned.kind !== 'pending') assert.deepEqual(planned.object.metadata, metadata)
    assert.deepEqual(old, before)
  })
}
