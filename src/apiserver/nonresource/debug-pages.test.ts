import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

test('/statusz, /flagz and /metrics/slis tell of the server', async () => {
  const caller = await TestCaller.start({ flags: new Map([['secure-port', '6443']]) })
  const text = async (path: string): Promise<string> => {
    const { status, body } = await caller.get(path)
    assert.equal(status, 200, path)
    return String(body)
  }
  assert.match(await text('/flagz'), /^\nkube-apiserver flagz\nWarning: [^\n]+\n\nsecure-port=6443\n$/)
  const status = await text('/statusz')
  assert.match(status, /^\nkube-apiserver statusz\nWarning: .*\n\nStarted: \d{4}-.*\nUp: 0 hr 00 min 00 sec\n/)
  assert.match(status, /\nEmulation version: 1\.36\nPaths: \/\.well-known \/api /)
  assert.match(await text('/livez/poststarthook/rbac/bootstrap-roles'), /^ok$/)
  assert.match(await text('/livez?verbose'), /\[\+\]poststarthook\/start-system-namespaces-controller ok\n/)
  const indicators = await text('/metrics/slis')
  assert.match(indicators, /^kubernetes_healthcheck\{name="etcd",type="readyz"\} 1$/m)
  assert.match(
    indicators,
    /^kubernetes_healthchecks_total\{name="poststarthook\/rbac\/bootstrap-roles",status="success",type="livez"\} 3$/m,
  )
  await caller.api.stop()
})
