/**
 * Which modules a start of the API server loads. Each costs time before the first answer and memory for good, so what is
 * only needed when somebody asks for it is loaded then.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServer } from '../storage/server-process.ts'

const root = new URL('../../', import.meta.url).href

/** As many as there are, and a tenth for growth: beyond, look at what came along. */
const modulesMax = 720

/** What an API server on SQLite, without webhooks and policies, never asks for. */
const others = [
  ...['controllers', 'scheduler', 'kubelet', 'network', 'testing'].map((room) => `src/${room}/`),
  ...['src/store/etcd/', 'src/store/memory/', 'src/platform/simulated/', 'src/api/codec/yaml.ts'],
  ...['src/apiserver/audit/', 'src/apiserver/storage/encryption/', 'src/apiserver/authentication/jwt-issuer/'],
]

/** Packages of a start: the command line's, the addresses', and the patterns that expressions in definitions may hold. */
const packages = ['commander', 'ipaddr.js', 're2js']

test('a start of the API server loads no other role, no other store, and nothing that only some clusters use', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-modules-'))
  const list = join(directory, 'loaded')
  const hook = `import { registerHooks } from 'node:module'
    import { appendFileSync } from 'node:fs'
    registerHooks({ load(url, context, next) {
      appendFileSync(${JSON.stringify(list)}, url + '\\n')
      return next(url, context)
    } })`
  const options = `--import=data:text/javascript,${encodeURIComponent(hook)}`
  await using server = await startServer(join(directory, 'data'), { env: { NODE_OPTIONS: options } })
  await server.kill()
  const loaded = readFileSync(list, 'utf8').split('\n').filter(Boolean)
  const own = loaded.filter((url) => url.startsWith(`${root}src/`)).map((url) => url.slice(root.length))
  assert.ok(own.includes('src/apiserver/server.ts') && own.includes('src/store/sqlite/sqlite-store.ts'))
  assert.deepEqual(
    own.filter((path) => others.some((other) => path.startsWith(other))),
    [],
  )
  const found = loaded
    .map((url) => /node_modules\/((@[^/]+\/)?[^/]+)/.exec(url)?.[1])
    .filter((name) => name !== undefined)
  assert.deepEqual([...new Set(found)].sort(), packages)
  assert.ok(own.length <= modulesMax, `${own.length} modules, at most ${modulesMax}`)
  rmSync(directory, { recursive: true })
})
