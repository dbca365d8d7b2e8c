/** Jest: a cluster for each test, a branch of one that several tests share, and matchers. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { matchers, useCluster, withCluster } from 'k8ts/testing'

expect.extend(matchers)

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
`

test(
  'a cluster of its own',
  withCluster(async (cluster) => {
    await cluster.apply(web)
    await cluster.settled()
    expect(await cluster.client.apps.v1.deployments('default').get('web')).toHaveReadyReplicas(3)
    await expect(cluster.as('ann').core.v1.secrets('default').list()).toBeDeniedWith(403, 'cannot list')
  }),
)

describe('a branch for each test', () => {
  const file = useCluster({ beforeAll, afterAll }, { nodes: 2, https: false })
  beforeAll(async () => {
    await file.current.apply(web)
    await file.current.settled()
  })

  for (const replicas of [0, 5]) {
    test(
      `scaled to ${replicas}`,
      file.branch(async (cluster) => {
        const deployments = cluster.client.apps.v1.deployments('default')
        await deployments.patch('web', { type: 'merge', patch: { spec: { replicas } } })
        await cluster.settled()
        expect(await deployments.get('web')).toHaveReadyReplicas(replicas)
      }),
    )
  }

  test('the cluster itself is as it was', async () => {
    expect(await file.current.client.apps.v1.deployments('default').get('web')).toHaveReadyReplicas(3)
  })
})
