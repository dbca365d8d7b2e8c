import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '../../client/client-impl.ts'
import type { Transport } from '../../client/transport.ts'
import { silent } from '../../platform/log.ts'
import { parseFlags } from '../apiserver/flags.ts'
import type { Machine } from '../machine.ts'
import { callersOf } from './callers.ts'
import { componentFlags } from './flag-tables.ts'

function publishing(data: Record<string, string>) {
  const metadata = { name: 'extension-apiserver-authentication', namespace: 'kube-system' }
  const body = Buffer.from(JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata, data }))
  const transport: Transport = {
    send: async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body }),
    upgrade: () => Promise.reject(new Error('none')),
    close: async () => {},
  }
  const flags = (...words: string[]) => parseFlags(words, componentFlags('scheduler'))
  return (...words: string[]) => callersOf({ log: silent } as Machine, flags(...words), createClient(transport))
}

const proxy = {
  'requestheader-client-ca-file': 'proxy authority',
  'requestheader-allowed-names': '["front-proxy-client"]',
  'requestheader-username-headers': '["X-Remote-User"]',
}

test('callersOf reads whom the API server publishes', async () => {
  const { clientCaPem, frontProxy } = await publishing({ 'client-ca-file': 'authority', ...proxy })()
  assert.equal(clientCaPem, 'authority')
  assert.deepEqual(
    [frontProxy?.caPem, frontProxy?.allowedNames, frontProxy?.names],
    ['proxy authority', ['front-proxy-client'], { user: ['X-Remote-User'], uid: [], group: [], extraPrefix: [] }],
  )
})

test('callersOf lets nobody in by names that it cannot read', async () => {
  for (const names of ['front-proxy-client', '"front-proxy-client"', '{}']) {
    const callers = publishing({ ...proxy, 'requestheader-allowed-names': names })
    await assert.rejects(
      callers('--authentication-tolerate-lookup-failure=false'),
      /read the ConfigMap kube-system\/extension-apiserver-authentication: /,
    )
    assert.deepEqual(await callers('--authentication-tolerate-lookup-failure=true'), {})
  }
})
