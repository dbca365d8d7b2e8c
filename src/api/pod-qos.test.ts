import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podQosClass } from './pod-qos.ts'
import type { ResourceRequirements } from './types/core/v1.ts'

function classOf(...resources: (ResourceRequirements | undefined)[]): string {
  const containers = resources.map((one, index) => ({ name: `c${index}`, ...(one ? { resources: one } : {}) }))
  return podQosClass({ metadata: {}, spec: { containers } })
}

test('podQosClass follows requests and limits of every container', () => {
  const full = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }
  assert.equal(classOf(undefined, {}), 'BestEffort')
  assert.equal(classOf({ limits: { 'ephemeral-storage': '1Gi' } }), 'BestEffort')
  assert.equal(classOf(full), 'Guaranteed')
  assert.equal(classOf({ limits: full.limits }), 'Guaranteed')
  assert.equal(classOf(full, undefined), 'Burstable')
  assert.equal(classOf({ requests: { cpu: '1m' } }), 'Burstable')
  assert.equal(classOf({ ...full, requests: { cpu: '500m', memory: '1Gi' } }), 'Burstable')
})
