import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CustomDefinition } from '../client/custom.ts'
import { startCluster } from './cluster.ts'

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crontabs.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'crontabs', kind: 'CronTab' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['cron'],
                properties: {
                  cron: { type: 'string' },
                  policy: { type: 'string', enum: ['Allow', 'Forbid'], default: 'Allow' },
                  hosts: { type: 'array', items: { type: 'object', properties: { port: { type: 'integer' } } } },
                  limits: { type: 'object', additionalProperties: { type: 'string' } },
                },
              },
            },
          },
        },
      },
    ],
  },
} as const satisfies CustomDefinition

test('custom resources have the types of their schema', async () => {
  await using cluster = await startCluster({ https: false })
  await cluster.apply(JSON.parse(JSON.stringify(definition)))
  await cluster.settled()
  const crontabs = cluster.client.custom(definition)('default')
  const spec = { cron: '* * * * *', hosts: [{ port: 80 }], limits: { a: 'b' } }
  const created = await crontabs.create({ metadata: { name: 'one' }, spec })
  const policy: 'Allow' | 'Forbid' | undefined = created.spec?.policy
  const port: number | undefined = created.spec?.hosts?.[0]?.port
  assert.deepEqual([policy, port, created.spec?.limits?.a], ['Allow', 80, 'b'])
  // @ts-expect-error: the schema knows no such value
  await crontabs.create({ metadata: { name: 'two' }, spec: { cron: '', policy: 'Other' } }).catch(() => undefined)
  const { items } = await cluster.client.custom(definition, 'v1')().list()
  assert.deepEqual(
    items.map(({ spec }) => spec?.cron),
    ['* * * * *'],
  )
  // @ts-expect-error: there is no such version
  assert.throws(() => cluster.client.custom(definition, 'v2'), /crontabs\.example\.com has no version v2/)
})
