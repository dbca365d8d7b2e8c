/** Groups of pods and requests for pods' certificates, as kube-apiserver 1.36 with all gates open answers them. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, before, test } from 'node:test'
import { allowAll } from '../authorize.ts'
import type { OwnAccess } from '../parts.ts'
import { enabledApis } from '../scheme/enabled.ts'
import { readFeatureGates } from '../scheme/feature-gates.ts'
import { TestCaller } from '../testbed/caller.ts'
import { admissionChain } from './plugin.ts'
import { podGroupProtection, podGroupWorkloadExists } from './pod-groups.ts'
import { priority } from './priority.ts'

const scheduling = '/apis/scheduling.k8s.io/v1alpha2/namespaces/default'
const gates = readFeatureGates(['AllAlpha=true', 'AllBeta=true'])
let api: TestCaller

before(async () => {
  const security = ({ objects, gates: open }: OwnAccess) => ({
    authenticator: { authenticate: () => undefined },
    authorizer: allowAll,
    admission: admissionChain([podGroupProtection, priority(objects, open), podGroupWorkloadExists(objects)]),
  })
  api = await TestCaller.start({ gates, enabled: enabledApis(['api/all=true'], gates), security })
})
after(() => api.api.stop())

const gang = { schedulingPolicy: { gang: { minCount: 2 } } }
const ref = (workloadName: string, podGroupTemplateName: string) => ({
  podGroupTemplateRef: { workload: { workloadName, podGroupTemplateName } },
})

test('a group is protected, and has the priority of its class', async () => {
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
  await api.call('POST', classes, { metadata: { name: 'high' }, value: 7 })
  const spec = { ...gang, priorityClassName: 'high' }
  const { status, body } = await api.call('POST', `${scheduling}/podgroups`, { metadata: { name: 'g' }, spec })
  assert.equal(status, 201, body.message)
  assert.deepEqual(body.metadata.finalizers, ['scheduling.k8s.io/podgroup-protection'])
  assert.deepEqual([body.spec.priority, body.metadata.generation], [7, undefined])
})

const refusedGroups: [spec: object, code: number, why: string][] = [
  [
    { ...gang, priority: 1 },
    403,
    'priority set in the pod group (1) must match the priority computed (0) based on the priority class set in the spec',
  ],
  [{ ...gang, priorityClassName: 'none' }, 403, 'no PriorityClass with name none was found'],
  [{ ...gang, ...ref('none', 't') }, 403, 'PodGroup rejected: Workload "none" not found'],
  [{ ...gang, ...ref('w', 'none') }, 403, 'PodGroup rejected: PodGroupTemplate "none" not found in Workload "w"'],
  [{ schedulingPolicy: { gang: { minCount: 0 } } }, 422, 'spec.schedulingPolicy.gang.minCount: Required value'],
  [{ schedulingPolicy: {} }, 422, 'spec.schedulingPolicy: Invalid value: "": must specify one of: `basic`, `gang`'],
  [
    { ...gang, podGroupTemplateRef: {} },
    422,
    'spec.podGroupTemplateRef: Invalid value: "": must specify one of: `workload`',
  ],
  [
    { ...gang, resourceClaims: [{ name: '' }] },
    422,
    '[spec.resourceClaims[0]: Invalid value: "": must specify one of: `resourceClaimName`, `resourceClaimTemplateName`, spec.resourceClaims[0].name: Required value]',
  ],
]
for (const [spec, code, why] of refusedGroups) {
  test(`a group is refused: ${why}`, async () => {
    const policy = { name: 't', schedulingPolicy: { gang: { minCount: 2 } } }
    await api.call('POST', `${scheduling}/workloads`, {
      metadata: { name: 'w' },
      spec: { podGroupTemplates: [policy] },
    })
    const { status, body } = await api.call('POST', `${scheduling}/podgroups`, { metadata: { name: 'x' }, spec })
    assert.equal(status, code)
    assert.ok(body.message.endsWith(`: ${why}`), body.message)
  })
}

const request = {
  ...{ signerName: 'example.com/x', podName: 'p', podUID: 'u', serviceAccountName: 's', serviceAccountUID: 'u' },
  ...{ nodeName: 'n', nodeUID: 'u', maxExpirationSeconds: 3_600 },
}
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const pkixPublicKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const proofOfPossession = sign(null, Buffer.from('u'), privateKey).toString('base64')

const requests: [spec: object, why: string | undefined][] = [
  [{ pkixPublicKey, proofOfPossession }, undefined],
  [
    { pkixPublicKey, proofOfPossession: 'YQ==' },
    'spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature',
  ],
  [
    { pkixPublicKey: 'YQ==', proofOfPossession },
    'spec.pkixPublicKey: Invalid value: "YQ==": must be a valid PKIX-serialized public key',
  ],
  [{ stubPKCS10Request: 'YQ==' }, 'spec.stubPKCS10Request: Invalid value: must be a valid PKCS#10 CSR'],
  [{}, 'spec: Invalid value: exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set'],
  [
    { signerName: 'kubernetes.io/x', maxExpirationSeconds: 90_000, pkixPublicKey, proofOfPossession },
    'spec.maxExpirationSeconds: Invalid value: 90000: must be in the range [3600, 86400]',
  ],
  [
    { podUID: '', pkixPublicKey, proofOfPossession },
    '[spec.podUID: Invalid value: "": must not be empty, spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature]',
  ],
]
for (const [spec, why] of requests) {
  test(`a pod's request for a certificate is ${why ? `refused: ${why}` : 'taken'}`, async () => {
    const path = '/apis/certificates.k8s.io/v1beta1/namespaces/default/podcertificaterequests?dryRun=All'
    const { status, body } = await api.call('POST', path, { metadata: { name: 'r' }, spec: { ...request, ...spec } })
    assert.equal(status, why ? 422 : 201, body.message)
    if (why) assert.ok(body.message.endsWith(` is invalid: ${why}`), body.message)
  })
}

test('a write of the status of a group keeps what protects it, and requests are updated with their version only', async () => {
  const path = `${scheduling}/podgroups`
  await api.call('POST', path, { metadata: { name: 'kept' }, spec: gang })
  const metadata = { name: 'kept', labels: { a: 'b' }, finalizers: [] }
  const { body } = await api.call('PUT', `${path}/kept/status`, { metadata, spec: gang, status: {} })
  assert.deepEqual(body.metadata.finalizers, ['scheduling.k8s.io/podgroup-protection'], body.message)
  assert.equal(body.metadata.labels, undefined)
  const requests = '/apis/resource.k8s.io/v1alpha3/resourcepoolstatusrequests'
  const pool = { metadata: { name: 'p' }, spec: { driver: 'd.example.com' } }
  assert.equal((await api.call('POST', requests, pool)).status, 201)
  const { status, body: refused } = await api.call('PUT', `${requests}/p`, pool)
  assert.deepEqual([status, /resourceVersion: .*must be specified/.test(refused.message)], [422, true], refused.message)
})
