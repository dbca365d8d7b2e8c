/** What happens to an application when things break: a lost node, an image that is not there, a container that crashes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, withCluster } from 'k8ts/testing'

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 4
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [{ name: web, image: "web:1" }]
`

const twoNodes = { nodes: 2 }

test(
  'pods of a lost node are replaced after five minutes',
  withCluster(async (cluster) => {
    await cluster.apply(web)
    await cluster.settled()
    await cluster.kill('node-2')
    await cluster.clock.advance('2m')
    check.toHaveReadyReplicas(await cluster.client.apps.v1.deployments('default').get('web'), 2)
    await cluster.clock.advance('5m')
    check.toHaveReadyReplicas(await cluster.client.apps.v1.deployments('default').get('web'), 4)
  }, twoNodes),
)

test(
  'a rollout to an image that is not there keeps the old pods, and says so after its deadline',
  withCluster(async (cluster) => {
    cluster.nodes.rule({ match: { image: 'web:broken' }, pullError: true })
    await cluster.apply(web)
    await cluster.settled()
    await cluster.apply(web.replace('web:1', 'web:broken'))
    await cluster.clock.advance('11m')
    const deployment = await cluster.client.apps.v1.deployments('default').get('web')
    check.toHaveReadyReplicas(deployment, 3)
    check.toHaveCondition(deployment, 'Progressing', 'False')
  }, twoNodes),
)

test(
  'a branch shows what would happen, and leaves the cluster as it is',
  withCluster(async (cluster) => {
    await cluster.apply(web)
    await cluster.settled()
    using branch = cluster.fork()
    await branch.client.apps.v1.deployments('default').patch('web', { type: 'merge', patch: { spec: { replicas: 0 } } })
    await branch.settled()
    assert.equal((await branch.client.core.v1.pods('default').list()).items.length, 0)
    assert.equal((await cluster.client.core.v1.pods('default').list()).items.length, 4)
  }),
)
