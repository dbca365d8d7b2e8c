import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revisionData } from './revisions.ts'

test('revisionData has its keys in the order in which kube-controller-manager writes and compares them', () => {
  const template = { spec: { restartPolicy: 'Always', containers: [{ name: 'c', image: 'i' }] }, metadata: {} }
  const data =
    '{"spec":{"template":{"$patch":"replace","metadata":{},"spec":{"containers":[{"image":"i","name":"c"}],"restartPolicy":"Always"}}}}'
  assert.equal(JSON.stringify(revisionData(template)), data)
})
