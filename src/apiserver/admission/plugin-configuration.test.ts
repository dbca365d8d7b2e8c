import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPluginConfiguration } from './plugin-configuration.ts'

const header = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n'
const files = (all: Record<string, string>) => ({
  readText: async (path: string) => {
    const text = all[path]
    if (text === undefined) throw new Error(`there is no ${path}`)
    return text
  },
})
const read = (plugins: string, more: Record<string, string> = {}) =>
  readPluginConfiguration(files({ '/etc/a.yaml': header + plugins, ...more }), '/etc/a.yaml')

test('readPluginConfiguration reads settings in the file and beside it', async () => {
  const podSecurity = `apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: baseline, enforce-version: v1.28, warn: restricted}
exemptions: {usernames: [root], namespaces: [kube-system]}`
  const found = await read(
    `- {name: PodSecurity, path: psa.yaml}
- {name: EventRateLimit, configuration: {limits: [{type: Namespace, qps: 5, burst: 10}]}}
- {name: PodNodeSelector, configuration: {podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: a=b}}}
- {name: PodTolerationRestriction, configuration: {default: [{key: k, operator: Exists}]}}
- {name: ImagePolicyWebhook, configuration: {imagePolicy: {kubeConfigFile: kc, allowTTL: 60, defaultAllow: true}}}`,
    {
      '/etc/psa.yaml': podSecurity,
      '/etc/kc': JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'https://images.example' } }],
        contexts: [{ name: 'x', context: { cluster: 'c' } }],
      }),
    },
  )
  assert.deepEqual(found.podSecurity?.defaults, {
    enforce: { level: 'baseline', version: 'v1.28' },
    audit: { level: 'privileged', version: 'latest' },
    warn: { level: 'restricted', version: 'latest' },
  })
  assert.deepEqual([...(found.podSecurity?.exemptions.usernames ?? [])], ['root'])
  assert.deepEqual(found.eventLimits, [{ type: 'Namespace', qps: 5, burst: 10 }])
  assert.deepEqual([...(found.podNodeSelectors ?? [])], [['clusterDefaultNodeSelector', 'a=b']])
  assert.deepEqual(found.tolerations?.default, [{ key: 'k', operator: 'Exists' }])
  const { access, ...times } = found.imagePolicy!
  assert.equal(access.server, 'https://images.example')
  assert.deepEqual(times, { allowMs: 60_000, denyMs: 30_000, retryMs: 500, defaultAllow: true })
})

test('readPluginConfiguration says what is wrong, and where', async () => {
  const cases: [string, RegExp][] = [
    ['- {name: Nope, configuration: {}}', /plugins\[0\]: "Nope" has no settings here/],
    ['- {name: __proto__, configuration: {}}', /"__proto__" has no settings here/],
    [
      '- {name: EventRateLimit, configuration: {limits: [{type: Nope, qps: 1, burst: 1}]}}',
      /limits\[0\]\.type: Unsupported/,
    ],
    ['- {name: EventRateLimit, configuration: {limits: [{type: Server, qps: 0, burst: 1}]}}', /qps: Invalid value: 0/],
    ['- {name: PodSecurity, configuration: {kind: x}}', /kind PodSecurityConfiguration/],
    ['- {name: PodSecurity}', /want an object/],
    ['- {name: PodSecurity, path: none.yaml}', /there is no \/etc\/none.yaml/],
    ['- {name: ImagePolicyWebhook, configuration: {imagePolicy: {}}}', /kubeConfigFile/],
  ]
  for (const [plugins, message] of cases) await assert.rejects(read(plugins), { message })
  await assert.rejects(readPluginConfiguration(files({ '/a': '{}' }), '/a'), /AdmissionConfiguration/)
})
