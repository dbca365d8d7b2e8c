import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CertificateSigningRequest } from '../../../api/types/certificates/v1.ts'
import { TestCaller } from '../../testbed/caller.ts'
import { validateSignerName } from './signer-name.ts'

const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const pem = (label: string, body = 'MAA=') => Buffer.from(`-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`)
const request = pem('CERTIFICATE REQUEST').toString('base64')
const certificate = pem('CERTIFICATE').toString('base64')
const spec = { request, signerName: 'example.com/signer', usages: ['client auth'] }
const merge = { contentType: 'application/merge-patch+json' }
const condition = (type: string, status = 'True') => ({ type, status, reason: 'r', message: 'm' })

let caller: TestCaller

before(async () => {
  caller = await TestCaller.start()
})

after(() => caller.api.stop())

const create = (name: string, more: object = {}) =>
  caller.call('POST', path, { metadata: { name }, spec: { ...spec, ...more } })

const change = async (where: string, status: object): Promise<string> => {
  const { status: code, body } = await caller.call('PATCH', `${path}/${where}`, { status }, merge)
  return code === 200 ? 'done' : body.message
}

test('a request says who asks, whatever the client writes, and starts without an outcome', async () => {
  const { body } = await caller.call('POST', path, {
    metadata: { name: 'who' },
    spec: { ...spec, username: 'somebody-else', groups: ['system:masters'], extra: { a: ['b'] } },
    status: { conditions: [condition('Approved')] },
  })
  const { spec: stored, status }: CertificateSigningRequest = body
  assert.equal(stored.username, 'kubernetes-admin')
  assert.deepEqual(stored.groups, ['system:masters', 'system:authenticated'])
  assert.equal(stored.extra, undefined)
  assert.deepEqual(status, {})
})

const refusals: [more: object, message: RegExp][] = [
  [{ request: 'eA==' }, /spec\.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST/],
  [{ signerName: '' }, /spec\.signerName: Required value/],
  [{ signerName: 'plain' }, /must be a fully qualified domain and path of the form 'example.com\/signer-name'/],
  [{ usages: [] }, /spec\.usages: Required value/],
  [{ usages: ['fly'] }, /spec\.usages\[0\]: Unsupported value: "fly": supported values: "any", "cert sign"/],
  [{ usages: ['any', 'any'] }, /spec\.usages\[1\]: Duplicate value: "any"/],
  [{ signerName: 'kubernetes.io/legacy-unknown' }, /the legacy signerName is not allowed via this API version$/],
  [{ expirationSeconds: 599 }, /may not specify a duration less than 600 seconds \(10 minutes\)/],
]

for (const [more, message] of refusals) {
  test(`a request with ${JSON.stringify(more)} is refused`, async () => {
    const { status, body } = await create('bad', more)
    assert.equal(status, 422)
    assert.match(body.message, message)
  })
}

test('a decision is made by approval alone, with times, and stands', async () => {
  await create('decided')
  assert.match(
    await change('decided/status', { conditions: [condition('Approved')] }),
    /status.conditions: Forbidden: updates may not add a condition of type "Approved"$/,
  )
  assert.deepEqual((await caller.get(`${path}/decided`)).body.status.conditions ?? [], [])
  assert.match(
    await change('decided/approval', { conditions: [condition('Approved'), condition('Denied')] }),
    /Approved and Denied conditions are mutually exclusive/,
  )
  assert.match(
    await change('decided/approval', { conditions: [condition('Approved', 'False')] }),
    /Unsupported value: "False": supported values: "True"/,
  )
  assert.equal(await change('decided/approval', { conditions: [condition('Approved')], certificate }), 'done')
  const { status } = (await caller.get(`${path}/decided`)).body
  assert.equal(status.certificate, undefined)
  assert.match(status.conditions[0].lastUpdateTime, /^\d{4}-/)
  assert.match(status.conditions[0].lastTransitionTime, /^\d{4}-/)
  assert.match(
    await change('decided/approval', { conditions: [condition('Denied')] }),
    /status\.conditions: Forbidden: updates may not remove a condition of type "Approved"/,
  )
})

test('a certificate is issued by status alone, once, and must be one', async () => {
  await create('issued')
  await change('issued/approval', { conditions: [condition('Approved')] })
  assert.match(
    await change('issued/status', { certificate: 'eA==' }),
    /must contain at least one CERTIFICATE PEM block/,
  )
  assert.match(
    await change('issued/status', { certificate: request }),
    /only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"/,
  )
  assert.equal(await change('issued/status', { certificate }), 'done')
  const other = Buffer.concat([pem('CERTIFICATE'), pem('CERTIFICATE')]).toString('base64')
  assert.match(await change('issued/status', { certificate: other }), /may not modify existing certificate content/)
  const { status } = (await caller.get(`${path}/issued`)).body
  assert.deepEqual([status.certificate, status.conditions[0].type], [certificate, 'Approved'])
})

test('an update of the request itself changes neither spec nor status', async () => {
  await create('fixed')
  const { body } = await caller.call(
    'PATCH',
    `${path}/fixed`,
    { metadata: { labels: { a: 'b' } }, spec: { usages: ['any'] } },
    merge,
  )
  assert.deepEqual([body.metadata.labels, body.spec.usages], [{ a: 'b' }, ['client auth']])
})

test('validateSignerName wants a domain of two labels and a path of subdomains', () => {
  assert.deepEqual(validateSignerName('p', 'kubernetes.io/kube-apiserver-client'), [])
  const details = (name: string) => validateSignerName('p', name).map(({ detail }) => detail)
  assert.deepEqual(details('example/x'), ['should be a domain with at least two segments separated by dots'])
  assert.match(details('exa_mple.com/x')[0] ?? '', /^validating label "exa_mple": /)
  assert.match(details('example.com/X')[0] ?? '', /^validating label "X": /)
})

test('the status endpoint neither takes a decision back nor changes it', async () => {
  await create('lasting')
  assert.equal(await change('lasting/approval', { conditions: [condition('Approved')] }), 'done')
  const removed = await change('lasting/status', { conditions: [] })
  assert.match(removed, /updates may not remove a condition of type "Approved"$/)
  const other = { ...condition('Approved'), message: 'changed' }
  assert.equal(await change('lasting/status', { conditions: [condition('Extra'), other] }), 'done')
  const { status } = (await caller.get(`${path}/lasting`)).body
  assert.deepEqual(
    status.conditions.map(({ type, message }: { type: string; message: string }) => [type, message]),
    [
      ['Extra', 'm'],
      ['Approved', 'm'],
    ],
  )
})

test('nobody owns what nobody can change', async () => {
  const { body } = await create('owned')
  assert.equal(body.metadata.managedFields, undefined)
  await change('owned/approval', { conditions: [condition('Approved')] })
  const { metadata, status } = (await caller.get(`${path}/owned`)).body
  assert.deepEqual([metadata.managedFields, status.conditions.length], [undefined, 1])
})

test('a namespace with a generated name has it as a label from the start', async () => {
  const { body } = await caller.call('POST', '/api/v1/namespaces?dryRun=All', { metadata: { generateName: 'n-' } })
  assert.deepEqual(body.metadata.labels, { 'kubernetes.io/metadata.name': body.metadata.name })
})
