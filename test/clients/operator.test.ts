/** An operator on @kubernetes/client-node: it defines its kind, follows its objects, makes what they ask for and says so. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { installDependencies } from '../example-project.ts'
import { startServer } from './server.ts'

/** What is used of the library, which is no dependency of this project. */
interface Site {
  apiVersion: string
  kind: string
  metadata: { name: string; uid?: string; generation?: number }
  spec: { text: string }
  status?: { observedGeneration?: number }
}
type Request = Record<string, unknown>
interface Api {
  createCustomResourceDefinition(request: Request): Promise<unknown>
  readCustomResourceDefinition(
    request: Request,
  ): Promise<{ status?: { conditions?: { type: string; status: string }[] } }>
  createNamespacedCustomObject(request: Request): Promise<Site>
  getNamespacedCustomObject(request: Request): Promise<Site>
  listNamespacedCustomObject(request: Request): Promise<unknown>
  replaceNamespacedCustomObject(request: Request): Promise<Site>
  replaceNamespacedCustomObjectStatus(request: Request): Promise<Site>
  createNamespacedConfigMap(request: Request): Promise<unknown>
  replaceNamespacedConfigMap(request: Request): Promise<unknown>
  readNamespacedConfigMap(request: Request): Promise<{ data?: Record<string, string> }>
}
interface Informer {
  on(event: string, handler: (object: Site) => void): void
  start(): Promise<void>
  stop(): Promise<void>
}
interface Library {
  KubeConfig: new () => { loadFromString(text: string): void; makeApiClient(api: unknown): Api }
  ApiextensionsV1Api: unknown
  CustomObjectsApi: unknown
  CoreV1Api: unknown
  makeInformer(config: object, path: string, list: () => Promise<unknown>): Informer
}

const home = installDependencies('examples/testing/client-node')
const skip = home ? false : 'SKIPPED: npm could not bring @kubernetes/client-node'

const namespace = 'default'
const sites = { group: 'example.com', version: 'v1', namespace, plural: 'sites' }
const text = { type: 'string', maxLength: 100 }
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'sites.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'sites', kind: 'Site' },
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
              spec: { type: 'object', properties: { text } },
              status: { type: 'object', properties: { observedGeneration: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
}

test('an operator follows its own kind', { skip, timeout: 60_000 }, async () => {
  const entry = join(home!, 'node_modules/@kubernetes/client-node/dist/index.js')
  const library = (await import(pathToFileURL(entry).href)) as Library
  const server = await startServer()
  const config = new library.KubeConfig()
  config.loadFromString(server.kubeconfig)
  const custom = config.makeApiClient(library.CustomObjectsApi)
  const core = config.makeApiClient(library.CoreV1Api)
  const definitions = config.makeApiClient(library.ApiextensionsV1Api)
  await definitions.createCustomResourceDefinition({ body: definition })
  await until(async () => {
    const { status } = await definitions.readCustomResourceDefinition({ name: 'sites.example.com' })
    return status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True') === true
  })
  const path = `/apis/example.com/v1/namespaces/${namespace}/sites`
  const informer = library.makeInformer(config, path, () => custom.listNamespacedCustomObject(sites))
  const failures: unknown[] = []
  for (const event of ['add', 'update'])
    informer.on(event, (site) => void reconcile(core, custom, site).catch((error: unknown) => failures.push(error)))
  await informer.start()
  try {
    const body = { apiVersion: 'example.com/v1', kind: 'Site', metadata: { name: 'a' }, spec: { text: 'one' } }
    await custom.createNamespacedCustomObject({ ...sites, body })
    const observed = async () =>
      (await custom.getNamespacedCustomObject({ ...sites, name: 'a' })).status?.observedGeneration
    await until(async () => (await observed()) === 1)
    const site = await custom.getNamespacedCustomObject({ ...sites, name: 'a' })
    await custom.replaceNamespacedCustomObject({ ...sites, name: 'a', body: { ...site, spec: { text: 'two' } } })
    await until(async () => (await observed()) === 2)
    assert.deepEqual((await core.readNamespacedConfigMap({ name: 'a', namespace })).data, { text: 'two' })
    assert.deepEqual(failures, [])
  } finally {
    await informer.stop()
    await server[Symbol.asyncDispose]()
  }
})

/** Level-triggered: the ConfigMap says what the spec says, then the status tells which generation that was. */
async function reconcile(core: Api, custom: Api, site: Site): Promise<void> {
  const { name, generation, uid } = site.metadata
  if (site.status?.observedGeneration === generation) return
  const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Site', name, uid }]
  const body = { metadata: { name, ownerReferences }, data: { text: site.spec.text } }
  if (generation === 1) await core.createNamespacedConfigMap({ namespace, body })
  else await core.replaceNamespacedConfigMap({ namespace, name, body })
  const status = { observedGeneration: generation }
  await custom.replaceNamespacedCustomObjectStatus({ ...sites, name, body: { ...site, status } })
}

async function until(met: () => Promise<boolean>): Promise<void> {
  while (!(await met())) await new Promise((resolve) => setImmediate(resolve))
}
