/**
 * What one server thread does in a second, in process and in memory: creates, gets, patches and deletes of pods, and events
 * delivered to watchers; and how long a list takes. `node src/apiserver/server.bench.ts [pods]`, default 2,000. Prints a
 * hash of what the list read, which must not change.
 */
import { createHash } from 'node:crypto'
import type { TransportRequest } from '../client/transport.ts'
import { startTestApiServer, type TestApiServer } from './testbed/server.ts'

export interface ServerBenchResult {
  perSecond: Record<'create' | 'get' | 'patch' | 'patchWatched' | 'delete', number>
  listMs: number
  /** Events that all watchers together got. */
  delivered: number
  hash: string
}

const pods = '/api/v1/namespaces/default/pods'
const watchers = 100

export async function benchServer(count: number): Promise<ServerBenchResult> {
  const api = await startTestApiServer()
  const perSecond = {} as ServerBenchResult['perSecond']
  const each = async (name: keyof ServerBenchResult['perSecond'], work: (index: number) => Promise<unknown>) => {
    const startMs = performance.now()
    for (let index = 0; index < count; index++) await work(index)
    perSecond[name] = Math.round((count / (performance.now() - startMs)) * 1_000)
  }
  await each('create', (index) => send(api, 'POST', pods, pod(index)))
  await each('get', (index) => send(api, 'GET', `${pods}/p${index}`))
  await each('patch', (index) => send(api, 'PATCH', `${pods}/p${index}`, { metadata: { labels: { round: '1' } } }))
  const startMs = performance.now()
  const list = await send(api, 'GET', pods)
  const listMs = performance.now() - startMs
  const counter = await watching(api)
  await each('patchWatched', (index) =>
    send(api, 'PATCH', `${pods}/p${index}`, { metadata: { labels: { round: '2' } } }),
  )
  const delivered = await counter(count * watchers)
  await each('delete', (index) => send(api, 'DELETE', `${pods}/p${index}`))
  await api.stop()
  return { perSecond, listMs, delivered, hash: createHash('sha256').update(list).digest('hex').slice(0, 12) }
}

/** Starts the watchers; the function returned resolves with what they got once it is `wanted`. */
async function watching(api: TestApiServer): Promise<(wanted: number) => Promise<number>> {
  let delivered = 0
  const path = `${pods}?watch=true&resourceVersion=${await api.store.currentRevision()}`
  for (let index = 0; index < watchers; index++) {
    const { body } = await api.transport.send({ method: 'GET', path, headers: {} })
    if (body instanceof Uint8Array) throw new Error('a watch was refused')
    void (async () => {
      for await (const chunk of body) delivered += linesOf(chunk)
    })()
  }
  return async (wanted) => {
    while (delivered < wanted) await new Promise((resolve) => setImmediate(resolve))
    return delivered
  }
}

function linesOf(chunk: Uint8Array): number {
  let lines = 0
  for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines += 1
  return lines
}

async function send(
  api: TestApiServer,
  method: TransportRequest['method'],
  path: string,
  body?: object,
): Promise<Uint8Array> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const bytes = body ? { body: new TextEncoder().encode(JSON.stringify(body)) } : {}
  const reply = await api.transport.send({
    method,
    path,
    headers: { 'content-type': type, 'user-agent': 'bench' },
    ...bytes,
  })
  if (reply.status >= 300 || !(reply.body instanceof Uint8Array))
    throw new Error(`${method} ${path} answered ${reply.status}`)
  return reply.body
}

function pod(index: number): object {
  const resources = { requests: { cpu: '100m', memory: '64Mi' } }
  const containers = [{ name: 'c', image: 'registry.example/app:1', env: [{ name: 'A', value: 'b' }], resources }]
  return { metadata: { name: `p${index}`, labels: { app: 'web' } }, spec: { containers } }
}

if (import.meta.main) {
  const { perSecond, listMs, delivered, hash } = await benchServer(Number(process.argv[2] ?? 2_000))
  for (const [name, rate] of Object.entries(perSecond)) console.log(`${name}/s=${rate}`)
  console.log(`list=${listMs.toFixed(1)}ms delivered=${delivered} hash=${hash}`)
}
