/** Ways around admission: a pod that changes after it was judged, and references that nobody looked for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultAdmission } from '../../src/apiserver/admission/chain.ts'
import { AuthorizerChain } from '../../src/apiserver/authorization/decision.ts'
import { Rbac } from '../../src/apiserver/authorization/rbac.ts'
import { TestCaller } from '../../src/apiserver/testbed/caller.ts'
import { startTestApiServer } from '../../src/apiserver/testbed/server.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { holds } from './opened.ts'

const { clock, random } = realPlatform()
const pods = '/api/v1/namespaces/tight/pods'

/** `open`: the step that is left out. */
async function serverWith(open: string[]): Promise<TestCaller> {
  const api = await startTestApiServer({
    ...{ clock, random },
    security: async ({ objects, scheme }) => {
      const rbac = new Rbac()
      await rbac.start(objects)
      const authorizer = new AuthorizerChain([rbac])
      const admission = defaultAdmission({
        ...{ objects, scheme, authorizer, rbac, clock, random, disabled: ['ResourceQuota', ...open] },
        quotaWriter: () => {
          throw new Error('no quotas here')
        },
      })
      return { authenticator: { authenticate: async () => undefined }, authorizer, admission }
    },
  })
  const caller = new TestCaller(api)
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' }
  await caller.call('POST', '/api/v1/namespaces', { metadata: { name: 'tight', labels } })
  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' }
  const account = { metadata: { name: 'default', annotations }, secrets: [{ name: 'own' }] }
  await caller.call('POST', '/api/v1/namespaces/tight/serviceaccounts', account)
  const created = await caller.call('POST', pods, podOf({}))
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return caller
}

function podOf(container: object, spec: object = {}, name = 'plain'): object {
  return { metadata: { name }, spec: { containers: [{ name: 'c', image: 'x', ...container }], ...spec } }
}

const strategic = { contentType: 'application/strategic-merge-patch+json' }
const debug = (container: object) => ({ spec: { ephemeralContainers: [{ name: 'd', image: 'x', ...container }] } })
const fromSecret = { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'foreign', key: 'k' } } }] }
const wholeSecret = { envFrom: [{ secretRef: { name: 'foreign' } }] }
const privileged = { securityContext: { privileged: true } }

type Attack = (caller: TestCaller) => Promise<{ status: number }>
const create =
  (container: object, spec: object = {}): Attack =>
  (caller) =>
    caller.call('POST', `${pods}?dryRun=All`, podOf(container, spec, 'attack'))
const attach =
  (container: object): Attack =>
  (caller) =>
    caller.call('PATCH', `${pods}/plain/ephemeralcontainers`, debug(container), strategic)

const attacks: [name: string, step: string, attack: Attack][] = [
  ['a privileged container', 'PodSecurity', create(privileged)],
  [
    'a privileged init container',
    'PodSecurity',
    create({}, { initContainers: [{ name: 'i', image: 'x', ...privileged }] }),
  ],
  ['a privileged debug container (CVE-2022-0492 and its like)', 'PodSecurity', attach(privileged)],
  [
    'a debug container with a capability',
    'PodSecurity',
    attach({ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }),
  ],
  ['a secret by a variable', 'ServiceAccount', create(fromSecret, account())],
  ['a whole secret by envFrom (CVE-2024-3177)', 'ServiceAccount', create(wholeSecret, account())],
  [
    'a whole secret by envFrom of an init container',
    'ServiceAccount',
    create({}, { ...account(), initContainers: [{ name: 'i', image: 'x', ...wholeSecret }] }),
  ],
  ['a secret by a variable of a debug container (CVE-2023-2728)', 'ServiceAccount', attach(fromSecret)],
  ['a whole secret by envFrom of a debug container', 'ServiceAccount', attach(wholeSecret)],
]

/** As the step would set it, so that the pod is fine without the step too. */
function account(): object {
  return { serviceAccountName: 'default', automountServiceAccountToken: false }
}

for (const [name, step, attack] of attacks) {
  test(`admission is not got around by ${name}`, async () => {
    const [closed, opened] = [await serverWith([]), await serverWith([step])]
    try {
      await holds(async (caller: TestCaller) => (await attack(caller)).status < 300, { closed, opened })
    } finally {
      await Promise.all([closed.api.stop(), opened.api.stop()])
    }
  })
}

test('other subresources do not change what was judged', async () => {
  const caller = await serverWith([])
  try {
    const hostile = {
      metadata: { labels: { a: 'b' } },
      spec: { hostPID: true, containers: [{ name: 'c', image: 'x', ...privileged }] },
    }
    for (const subresource of ['status', 'resize', 'ephemeralcontainers']) {
      await caller.call('PATCH', `${pods}/plain/${subresource}`, hostile, strategic)
      const { body } = await caller.get(`${pods}/plain`)
      assert.equal(body.spec.hostPID, undefined, subresource)
      assert.equal(body.spec.containers[0].securityContext?.privileged, undefined, subresource)
    }
    const binding = { metadata: { name: 'plain' }, target: { kind: 'Node', name: 'n' }, spec: { hostPID: true } }
    await caller.call('POST', `${pods}/plain/binding`, binding)
    assert.equal((await caller.get(`${pods}/plain`)).body.spec.hostPID, undefined)
  } finally {
    await caller.api.stop()
  }
})
