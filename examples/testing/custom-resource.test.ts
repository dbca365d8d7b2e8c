/** An operator for a resource of one's own: every Shop gets a Deployment of its size, and tells how many of it are ready. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appsV1, type CustomDefinition, customResource, defineController, withCluster } from 'k8ts/testing'

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'shops.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'shops', kind: 'Shop' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['image'],
                properties: {
                  image: { type: 'string' },
                  tills: { type: 'integer', minimum: 1, default: 1 },
                },
              },
              status: { type: 'object', properties: { openTills: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
} as const satisfies CustomDefinition

const shops = customResource(definition)

const shopOperator = defineController({
  name: 'shop-operator',
  for: shops,
  owns: [appsV1.deployments],
  async reconcile(shop, { name, namespace, api, cached }) {
    if (!shop?.spec || shop.metadata.deletionTimestamp) return
    const { image, tills = 1 } = shop.spec
    const labels = { shop: name }
    const owner = { apiVersion: 'example.com/v1', kind: 'Shop', name, uid: shop.metadata.uid ?? '', controller: true }
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, ownerReferences: [owner] },
      spec: {
        replicas: tills,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'till', image }] } },
      },
    }
    await api(appsV1.deployments, namespace).patch(name, { type: 'apply', patch: deployment, force: true })
    const openTills = cached(appsV1.deployments).get(`${namespace}/${name}`)?.status?.readyReplicas ?? 0
    if (openTills === shop.status?.openTills) return
    await api(shops, namespace).patchStatus(name, { type: 'merge', patch: { status: { openTills } } })
  },
})

test(
  'a shop opens, grows and closes',
  withCluster(async (cluster) => {
    await cluster.apply(structuredClone(definition) as object)
    await cluster.settled()
    await cluster.run(shopOperator)

    const client = cluster.client.custom(definition)('default')
    await client.create({ metadata: { name: 'corner' }, spec: { image: 'till:1' } })
    await cluster.settled()
    assert.equal((await client.get('corner')).status?.openTills, 1)

    await client.patch('corner', { type: 'merge', patch: { spec: { tills: 3 } } })
    await cluster.settled()
    assert.equal((await client.get('corner')).status?.openTills, 3)

    await client.delete('corner')
    await cluster.settled()
    assert.deepEqual((await cluster.client.core.v1.pods('default').list()).items, [])
  }),
)
