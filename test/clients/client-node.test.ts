/** Informers of @kubernetes/client-node: they list, watch, come back after a cut, and list anew when history is gone. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { installDependencies } from '../example-project.ts'
import { type RunningServer, startServer } from './server.ts'

/** What is used of the library, which is no dependency of this project. */
interface ConfigMap {
  metadata: { name: string; resourceVersion?: string }
  data?: Record<string, string>
}
interface CoreApi {
  listNamespacedConfigMap(request: {
    namespace: string
  }): Promise<{ metadata: { resourceVersion: string }; items: ConfigMap[] }>
  createNamespacedConfigMap(request: { namespace: string; body: ConfigMap }): Promise<ConfigMap>
  replaceNamespacedConfigMap(request: { namespace: string; name: string; body: ConfigMap }): Promise<ConfigMap>
  deleteNamespacedConfigMap(request: { namespace: string; name: string }): Promise<unknown>
  readNamespacedConfigMap(request: { namespace: string; name: string }): Promise<ConfigMap>
}
interface Informer {
  on(event: string, handler: (object: ConfigMap) => void): void
  start(): Promise<void>
  stop(): Promise<void>
  list(): ConfigMap[]
}
interface Library {
  KubeConfig: new () => { loadFromString(text: string): void; makeApiClient(api: unknown): CoreApi }
  CoreV1Api: unknown
  makeInformer(config: object, path: string, list: () => Promise<unknown>): Informer
}

const home = installDependencies('examples/testing/client-node')
const skip = home ? false : 'SKIPPED: npm could not bring @kubernetes/client-node'
if (skip) console.error(skip)

describe('informers of @kubernetes/client-node', { skip, timeout: 60_000 }, () => {
  const namespace = 'default'
  const seen: string[] = []
  let server: RunningServer
  let core: CoreApi
  let informer: Informer
  let make: (list: () => Promise<unknown>) => Informer
  let errors = 0
  let over = false

  before(async () => {
    const entry = join(home!, 'node_modules/@kubernetes/client-node/dist/index.js')
    const { KubeConfig, CoreV1Api, makeInformer } = (await import(pathToFileURL(entry).href)) as Library
    server = await startServer()
    const config = new KubeConfig()
    config.loadFromString(server.kubeconfig)
    core = config.makeApiClient(CoreV1Api)
    await create('before')
    const path = `/api/v1/namespaces/${namespace}/configmaps`
    make = (list) => makeInformer(config, path, list)
    informer = make(() => core.listNamespacedConfigMap({ namespace }))
    for (const event of ['add', 'update', 'delete'])
      informer.on(event, ({ metadata }) => void seen.push(`${event} ${metadata.name}`))
    // As its documentation has it: who uses an informer starts it again.
    informer.on('error', () => {
      errors += 1
      if (!over) setTimeout(() => void informer.start().catch(() => {}), 50)
    })
    await informer.start()
  })
  after(async () => {
    over = true
    await informer.stop()
    await server[Symbol.asyncDispose]()
  })

  const create = (name: string) => core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } })
  const names = () =>
    informer
      .list()
      .map(({ metadata }) => metadata.name)
      .sort()

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  test('list what is there and follow changes', async () => {
    await create('a')
    const found = await core.readNamespacedConfigMap({ namespace, name: 'a' })
    await core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...found, data: { b: 'c' } } })
    await core.deleteNamespacedConfigMap({ namespace, name: 'a' })
    await until(() => seen.includes('delete a'))
    assert.deepEqual(seen, ['add before', 'add a', 'update a', 'delete a'])
  })

  test('come back after their connection was cut, and miss nothing', async () => {
    const before = errors
    server.cut()
    await until(() => errors > before)
    await create('after-the-cut')
    await until(() => names().includes('after-the-cut'))
    await core.deleteNamespacedConfigMap({ namespace, name: 'after-the-cut' })
    await until(() => !names().includes('after-the-cut'))
    assert.deepEqual(seen.slice(-2), ['add after-the-cut', 'delete after-the-cut'])
  })

  test('list anew when the history they would resume from is gone', async () => {
    const { metadata } = await create('newest')
    await server.api.store.compact(Number(metadata.resourceVersion))
    let lists = 0
    const old = make(async () => {
      const list = await core.listNamespacedConfigMap({ namespace })
      // What a client holds that was away for long.
      if (++lists === 1) list.metadata.resourceVersion = '1'
      return list
    })
    await old.start()
    await until(() => lists === 2)
    await create('last')
    await until(() => old.list().length === 3)
    await old.stop()
    assert.deepEqual(lists, 2)
  })
})
