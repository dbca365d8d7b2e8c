import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import type { Container, Pod } from '../../api/types/core/v1.ts'
import { connectGrpc } from '../../platform/grpc.ts'
import { realNet } from '../../platform/real/net.ts'
import type { RuntimeService } from '../cri/runtime.ts'
import { runHandler } from './handlers.ts'

/** A server of gRPC's health protocol that answers as told, by another implementation than ours. */
async function healthServer(answer: { status: number } | { code: number; details: string } | 'no such method') {
  const server = new Server()
  const asked: string[] = []
  const same = (bytes: Buffer) => bytes
  const check = {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
  if (answer !== 'no such method') {
    server.addService(
      { check },
      {
        check: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
          asked.push(call.request.subarray(2).toString())
          if ('code' in answer) callback(answer)
          else callback(null, Buffer.from([8, answer.status]))
        },
      },
    )
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { port, asked, [Symbol.dispose]: () => server.forceShutdown() }
}

function probe(port: number, service?: string) {
  const container: Container = { name: 'c' }
  const pod: Pod = { metadata: { name: 'p' } }
  const parts = { runtime: {} as RuntimeService, net: realNet(), connectGrpc }
  const handler = { grpc: { port, ...(service === undefined ? {} : { service }) } }
  return runHandler(parts, { pod, container, containerId: 'id', ip: '127.0.0.1' }, handler, 2_000)
}

describe('a gRPC probe', () => {
  test('succeeds when the service is healthy, and names the service', async () => {
    using server = await healthServer({ status: 1 })
    assert.deepEqual(await probe(server.port, 'shop'), { result: 'success', output: 'service healthy' })
    assert.deepEqual(server.asked, ['shop'])
  })

  test('fails when the service is not serving', async () => {
    using server = await healthServer({ status: 2 })
    const outcome = { result: 'failure', output: 'service unhealthy (responded with "NOT_SERVING")' }
    assert.deepEqual(await probe(server.port), outcome)
  })

  test('fails when the server has no health service', async () => {
    using server = await healthServer('no such method')
    const { result, output } = await probe(server.port)
    assert.equal(result, 'failure')
    assert.match(output, /does not implement the grpc health protocol/)
  })

  test('fails when the service is unknown', async () => {
    using server = await healthServer({ code: status.NOT_FOUND, details: 'unknown service' })
    const outcome = { result: 'failure', output: 'error: health rpc probe failed: unknown service' }
    assert.deepEqual(await probe(server.port, 'none'), outcome)
  })
})
