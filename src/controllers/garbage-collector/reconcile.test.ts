import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../../api/meta.ts'
import type { ControllerParts } from '../../client/controller.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { garbageCollector } from './reconcile.ts'

interface Served {
  group: string
  version: string
  plurals: string[]
  stale?: boolean
}

const defined = 'widgets.example.com'

function groupOf({ group, version, plurals, stale }: Served) {
  const verbs = ['list', 'watch', 'delete']
  const resources = plurals.map((resource) => ({
    resource,
    responseKind: { kind: resource },
    scope: 'Namespaced',
    verbs,
  }))
  return { metadata: { name: group }, versions: [{ version, ...(stale ? { freshness: 'Stale' } : { resources }) }] }
}

/** A collector whose server serves what `serves` says, looked at every 30 s; resolves to what it watches then. */
async function collecting() {
  const clock = simulatedClock()
  const watched = new Set<string>()
  let served: Served[] = []
  const nameOf = ({ group, version, plural }: Resource) => `${group}/${version} ${plural}`
  const informerOf = (resource: Resource) => ({
    resource,
    onChange: () => () => {},
    get: (name: string) => (name === defined ? { metadata: { name } } : undefined),
  })
  const parts = {
    ...{ clock, log: silent },
    client: {
      raw: async (_method: string, path: string) => ({
        kind: 'APIGroupDiscoveryList',
        items: path === '/apis' ? served.map(groupOf) : [],
      }),
    },
    informers: {
      of(resource: Resource) {
        watched.add(nameOf(resource))
        return informerOf(resource)
      },
      drop: ({ resource }: { resource: Resource }) => watched.delete(nameOf(resource)),
    },
  } as unknown as ControllerParts
  const controller = garbageCollector(parts)
  watched.clear()
  controller.start?.({ add() {}, addAfter() {} }, new AbortController().signal)
  return async (...serves: Served[]) => {
    served = serves
    await clock.advance(30_000)
    return [...watched].sort()
  }
}

test('garbageCollector watches what is served, and no more what is not', async () => {
  const look = await collecting()
  const wardle = { group: 'wardle.io', version: 'v1', plurals: ['flunders', 'fischers'] }
  const widgets = { group: 'example.com', version: 'v1', plurals: ['widgets'] }
  assert.deepEqual(await look(wardle), ['wardle.io/v1 fischers', 'wardle.io/v1 flunders'])
  assert.deepEqual(await look({ ...wardle, stale: true }), ['wardle.io/v1 fischers', 'wardle.io/v1 flunders'])
  assert.deepEqual(await look({ ...wardle, version: 'v2', plurals: ['flunders'] }), ['wardle.io/v2 flunders'])
  assert.deepEqual(await look(), [])
  assert.deepEqual(await look(wardle), ['wardle.io/v1 fischers', 'wardle.io/v1 flunders'])
  await look(widgets)
  assert.deepEqual(await look(), ['example.com/v1 widgets'], 'definitions say themselves what they serve')
})
