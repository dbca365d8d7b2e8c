/** Port-forward to a simulated pod over one connection that several forwarded ones share. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProxyCall } from '../../src/apiserver/node-proxy.ts'
import { SpdyConnection } from '../../src/kubelet/streaming/spdy.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import type { SimulatedNodeProxyParts } from '../../src/testing/nodes/node-proxy.ts'
import { forwardPorts } from '../../src/testing/nodes/pod-ports.ts'
import { everything } from './exchange.ts'
import { roughPair, type Traffic, takeHead, unlessStuck } from './rough-pipe.ts'

test('a port that nobody listens on holds no other forwarded connection back', async () => {
  const traffic: Traffic = { random: simulatedRandom(), moves: 0, ends: [] }
  const [client, server] = roughPair(traffic)
  const call = {
    object: { metadata: { name: 'p' }, spec: { containers: [] }, status: { phase: 'Running' } },
    request: { headers: { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' } },
  } as unknown as ProxyCall
  const parts = { nodes: () => undefined } as unknown as SimulatedNodeProxyParts
  await forwardPorts(parts, call, server, new Uint8Array())
  await takeHead(client)
  const spdy = new SpdyConnection(client)
  client.resume()
  const refusals = ['1', '2'].map((requestid) => {
    const error = spdy.open({ streamtype: 'error', port: '81', requestid })
    spdy.open({ streamtype: 'data', port: '81', requestid }).end(Buffer.alloc(300_000))
    return everything(error)
  })
  for (const refusal of await unlessStuck(traffic, Promise.all(refusals))) assert.match(refusal, /connection refused/)
  spdy.close()
})
