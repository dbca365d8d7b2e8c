import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flowcontrolV1 } from '../../api/resources.ts'
import { createClient } from '../../client/client-impl.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { bootstrap } from './bootstrap.ts'

const annotation = 'apf.kubernetes.io/autoupdate-spec'

async function start() {
  const clock = simulatedClock()
  const api = await startTestApiServer({ clock })
  const done = await bootstrap({ ...api, server: api.server, clock, log: silent })
  const client = createClient(api.transport)
  const stop = async () => {
    await done.stop()
    await api.stop()
  }
  const levels = client.of(flowcontrolV1.priorityLevelConfigurations)
  return { clock, levels, schemas: client.of(flowcontrolV1.flowSchemas), stop }
}

test('mandatory and suggested objects come back while the server runs', async () => {
  const { clock, levels, schemas, stop } = await start()
  for (const name of ['exempt', 'catch-all', 'workload-low']) await levels.delete(name)
  for (const name of ['catch-all', 'system-nodes']) await schemas.delete(name)
  await clock.advance(2_000)
  for (const name of ['exempt', 'catch-all', 'workload-low']) assert.equal((await levels.get(name)).metadata.name, name)
  for (const name of ['catch-all', 'system-nodes'])
    assert.equal((await schemas.get(name)).metadata.annotations?.[annotation], 'true')
  await stop()
})

test('who changes a suggested object keeps it where the annotation says so, and nobody keeps a mandatory one', async () => {
  const { clock, levels, schemas, stop } = await start()
  const change = async (name: string, told: string | null) => {
    const spec = { matchingPrecedence: 777 }
    await schemas.patch(name, { type: 'merge', patch: { metadata: { annotations: { [annotation]: told } }, spec } })
  }
  await change('system-nodes', 'true')
  await change('service-accounts', 'false')
  await change('kube-scheduler', null)
  await levels.patch('catch-all', {
    type: 'merge',
    patch: {
      metadata: { annotations: { [annotation]: 'false' } },
      spec: { limited: { nominalConcurrencyShares: 99 } },
    },
  })
  await clock.advance(2_000)
  assert.equal((await schemas.get('system-nodes')).spec?.matchingPrecedence, 500)
  assert.equal((await schemas.get('service-accounts')).spec?.matchingPrecedence, 777)
  // Changed without a word: theirs, and from now on it says so.
  const scheduler = await schemas.get('kube-scheduler')
  assert.equal(scheduler.spec?.matchingPrecedence, 777)
  assert.equal(scheduler.metadata.annotations?.[annotation], 'false')
  const catchAll = await levels.get('catch-all')
  assert.equal(catchAll.spec?.limited?.nominalConcurrencyShares, 5)
  assert.equal(catchAll.metadata.annotations?.[annotation], 'true')
  await stop()
})
