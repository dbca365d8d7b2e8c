import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import { silent } from '../../platform/log.ts'
import { realNet } from '../../platform/real/net.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { testInformers } from '../testbed/informers.ts'
import { startProxyHealth } from './health.ts'

const net = realNet()

async function ask(port: number, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const reply = await net.request({ method: 'GET', url: `http://127.0.0.1:${port}${path}` })
  let text = ''
  for await (const chunk of reply.body) text += Buffer.from(chunk).toString()
  return { status: reply.status, body: JSON.parse(text) }
}

async function freePort(): Promise<number> {
  const server = await net.serveTcp({ host: '127.0.0.1', port: 0 }, () => {})
  await server.close()
  return server.port
}

test('startProxyHealth tells whether rules are in place and where endpoints are', async () => {
  const informers = testInformers()
  let problem: string | undefined = 'no rules yet'
  let endpoints = 0
  const proxy = { health: () => problem, localEndpoints: (key: string) => (key === 'd/s' ? endpoints : -1) }
  const shared = { net, clock: simulatedClock(), log: silent, informers, proxy, host: '127.0.0.1', port: 0 }
  const health = await startProxyHealth(shared)
  assert.equal((await ask(health.port, '/healthz')).status, 503)
  problem = undefined
  const healthy = await ask(health.port, '/healthz')
  assert.deepEqual([healthy.status, healthy.body.nodeEligible], [200, true])

  const port = await freePort()
  const service = (healthCheckNodePort: number | undefined) => ({
    metadata: { name: 's', namespace: 'd' },
    spec: { type: 'LoadBalancer', ...(healthCheckNodePort ? { healthCheckNodePort } : {}) },
  })
  informers.put(coreV1.services, service(port))
  const without = await eventually(() => ask(port, '/'))
  assert.deepEqual([without.status, without.body.localEndpoints], [503, 0])
  endpoints = 2
  const some = await ask(port, '/')
  assert.deepEqual([some.status, some.body.service], [200, { namespace: 'd', name: 's' }])
  informers.put(coreV1.services, service(undefined))
  await health.stop()
  await assert.rejects(ask(port, '/'))
})

/** Until it no longer rejects: the port opens on a later turn. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt()
    } catch {
      await new Promise(setImmediate)
    }
  }
}
