/** An autoscaler follows what rules say that containers use: up at once, down when its window has passed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from 'k8ts/testing'

const manifests = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: 'web:1', resources: { requests: { cpu: 100m } } }]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 1
  maxReplicas: 4
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]
`

test('replicas follow the load, down only after five minutes', async () => {
  await using cluster = await startCluster({ https: false, rules: { usage: { cpu: '150m', memory: '32Mi' } } })
  const replicas = async () => (await cluster.client.apps.v1.deployments('default').get('web')).spec?.replicas
  await cluster.apply(manifests)
  await cluster.settled()
  await cluster.clock.advance('3m')
  assert.equal(await replicas(), 4)

  cluster.nodes.rule({ usage: { cpu: '5m', memory: '32Mi' } })
  await cluster.clock.advance('3m')
  assert.equal(await replicas(), 4)
  await cluster.clock.advance('6m')
  assert.equal(await replicas(), 1)
})
