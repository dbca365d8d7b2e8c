import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedDisk } from '../platform/simulated/disk.ts'
import { KubeconfigError, kubeconfigJson, kubeconfigText, loadKubeconfig } from './kubeconfig.ts'

async function load(text: string, context?: string) {
  const disk = simulatedDisk()
  await disk.makeDirectory('/home/.kube')
  await disk.write('/home/.kube/config', text)
  await disk.write('/home/.kube/ca.crt', 'CA')
  await disk.write('/home/token', 'secret\n')
  return loadKubeconfig(disk, '/home/.kube/config', context)
}

test('kubeconfigJson says the same as kubeconfigText', async () => {
  const identity = { certificatePem: 'CERT', keyPem: 'KEY' }
  for (const parts of [
    { server: 'https://127.0.0.1:6443', caPem: 'CA', identity, namespace: 'apps' },
    { server: 'https://a', caPem: 'CA', token: 't"1' },
  ])
    assert.deepEqual(await load(kubeconfigJson(parts)), await load(kubeconfigText(parts)))
})

test('kubeconfigText is read back by loadKubeconfig', async () => {
  const identity = { certificatePem: 'CERT', keyPem: 'KEY' }
  const text = kubeconfigText({ server: 'https://127.0.0.1:6443', caPem: 'CA', identity, namespace: 'apps' })
  const tls = { caPem: 'CA', identity }
  assert.deepEqual(await load(text), { server: 'https://127.0.0.1:6443', namespace: 'apps', tls })
  const withToken = await load(kubeconfigText({ server: 'https://a', caPem: 'CA', token: 't"1' }))
  assert.deepEqual(withToken, { server: 'https://a', namespace: 'default', tls: { caPem: 'CA' }, token: 't"1' })
})

test('loadKubeconfig resolves files beside it and chooses the named context', async () => {
  const text = JSON.stringify({
    'current-context': 'other',
    contexts: [
      { name: 'files', context: { cluster: 'c', user: 'u' } },
      { name: 'other', context: { cluster: 'none', user: 'u' } },
    ],
    clusters: [
      { name: 'c', cluster: { server: 'https://b', 'certificate-authority': 'ca.crt', 'tls-server-name': 'n' } },
    ],
    users: [{ name: 'u', user: { tokenFile: '../token', as: 'jane', 'as-groups': ['dev'] } }],
  })
  assert.deepEqual(await load(text, 'files'), {
    server: 'https://b',
    namespace: 'default',
    tls: { caPem: 'CA', serverName: 'n' },
    token: 'secret',
    impersonate: { user: 'jane', groups: ['dev'] },
  })
})

test('loadKubeconfig says what is wrong', async () => {
  const context = {
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 's' } }],
  }
  const table: [unknown, RegExp][] = [
    ['{', /reading a kubeconfig/],
    ['', /it is empty/],
    [{}, /no current-context is set/],
    [{ 'current-context': 'a' }, /there is no context "a"/],
    [context, /there is no user "u"/],
    [{ ...context, users: [{ name: 'u', user: { exec: {} } }] }, /needs a credential plugin/],
  ]
  for (const [config, message] of table) {
    const text = typeof config === 'string' ? config : JSON.stringify(config)
    await assert.rejects(load(text), (error) => error instanceof KubeconfigError && message.test(error.message))
  }
})
