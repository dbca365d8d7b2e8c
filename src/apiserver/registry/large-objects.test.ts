/** Others have their turn while large objects are written, whatever little is said of them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '../../limits.ts'
import { TestCaller } from '../testbed/caller.ts'
import { turnsDuring } from '../testbed/turns.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
let api: TestCaller
before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

/** Turns of the event loop that pass until it is answered. */
async function turnsOf(call: () => Promise<{ status: number }>, status: number): Promise<number> {
  const { result, turns } = await turnsDuring(call)
  assert.equal(result.status, status)
  return turns
}

test('a small patch of a large object is made in steps', async () => {
  const text = 'x'.repeat(limits.pauseFromBytes)
  const turns: number[] = []
  for (const [name, data] of [
    ['small', { text: '' }],
    ['large', { text }],
  ] as const) {
    await api.call('POST', configMaps, { metadata: { name }, data })
    const contentType = 'application/merge-patch+json'
    const patch = () => api.call('PATCH', `${configMaps}/${name}`, { data: { a: 'b' } }, { contentType })
    turns.push(await turnsOf(patch, 200))
  }
  assert.ok(turns[1]! >= turns[0]! + 6, `${turns}`)
})

test('the expressions of a policy are compiled in several turns', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All'
  const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
  const policy = (count: number) => ({
    metadata: { name: 'p' },
    spec: {
      matchConstraints: { resourceRules },
      validations: Array.from({ length: count }, (_, index) => ({
        expression: `${"object.metadata.name != '' || ".repeat(120)}${index} > 0`,
      })),
    },
  })
  const few = await turnsOf(() => api.call('POST', path, policy(4)), 201)
  const many = await turnsOf(() => api.call('POST', path, policy(12)), 201)
  assert.ok(many >= few + 4, `${few}, then ${many}`)
})

test('a large apply in several turns owns, removes and refuses as a small one does', async () => {
  const outcomes: unknown[] = []
  for (const filler of [10, limits.pauseFromBytes]) {
    const name = `apply-${filler}`
    const applied = async (manager: string, data: Record<string, string>, query = '') => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
      const path = `${configMaps}/${name}?fieldManager=${manager}${query}`
      const { status, body: answer } = await api.call('PATCH', path, body, {
        contentType: 'application/apply-patch+yaml',
      })
      const { metadata, data: kept, details } = answer as Record<string, Record<string, unknown>>
      const owners = (metadata?.managedFields as { manager: string; fieldsV1: object }[] | undefined) ?? []
      const owned = owners.map(({ manager, fieldsV1 }) => [manager, JSON.stringify(fieldsV1)])
      return { status, owned, keys: Object.keys(kept ?? {}), causes: details?.causes }
    }
    const filled = { filler: 'x'.repeat(filler) }
    outcomes.push([
      await applied('one', { ...filled, a: '1', b: '1', c: '1' }),
      await applied('one', { ...filled, a: '1', b: '2' }),
      await applied('two', { ...filled, b: '3' }),
      await applied('two', { ...filled, b: '3' }, '&force=true'),
      await applied('two', filled),
    ])
  }
  assert.deepEqual(outcomes[1], outcomes[0])
  const [steps] = outcomes as [{ status: number; keys: string[] }[]]
  assert.deepEqual(
    steps.map(({ status }) => status),
    [201, 200, 409, 200, 200],
  )
  assert.deepEqual(
    [steps[1]?.keys, steps[4]?.keys],
    [
      ['a', 'b', 'filler'],
      ['a', 'filler'],
    ],
  )
})

test('the ranges that network policies leave out are looked at in several turns', async () => {
  const path = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies'
  const policy = (name: string, count: number) => {
    const except = Array.from({ length: count }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`)
    return {
      metadata: { name },
      spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except } }] }] },
    }
  }
  const few = await turnsOf(() => api.call('POST', path, policy('few', 2_500)), 201)
  const many = await turnsOf(() => api.call('POST', path, policy('many', 10_000)), 201)
  assert.ok(many >= few + 6, `${few}, then ${many}`)
  const wrong = policy('wrong', 2_000)
  wrong.spec.ingress[0]!.from[0]!.ipBlock.except.push('11.0.0.0/24')
  const { body } = await api.call('POST', path, wrong)
  assert.match((body as { message: string }).message, /except\[2000\]: Invalid value: "11.0.0.0\/24": must be a strict/)
})

test('what a deletion of many deleted is answered as a list of it was, in pieces where it is long', async () => {
  const path = '/api/v1/namespaces/default/secrets'
  const make = async (label: string, bytes: number) => {
    const data = { a: Buffer.alloc(bytes / 4).toString('base64') }
    for (const name of ['a', 'b', 'c', 'd'])
      await api.call('POST', path, { metadata: { name: `${label}-${name}`, labels: { [label]: '' } }, data })
    return `${path}?labelSelector=${label}`
  }
  const few = await make('few', limits.listPieceBytes / 4)
  const listed = await api.call('GET', few)
  const deleted = await api.call('DELETE', few)
  assert.equal(deleted.body.items.length, 4)
  const unversioned = ({ body }: { body: unknown }) => JSON.stringify(body).replace(/"resourceVersion":"\d+"/g, '')
  assert.equal(unversioned(deleted), unversioned(listed))
  assert.equal((await api.call('GET', few)).body.items.length, 0)
  const many = await make('many', 2 * limits.listPieceBytes)
  await assert.rejects(api.call('DELETE', many), /answered with a stream/)
  assert.equal((await api.call('GET', many)).body.items.length, 0)
})

test('a large object is deleted in steps', async () => {
  const maps = '/api/v1/namespaces/default/configmaps'
  const turnsOfDeleting = async (name: string, filler: number) => {
    await api.call('POST', maps, { metadata: { name }, data: { filler: 'x'.repeat(filler) } })
    return await turnsOf(() => api.call('DELETE', `${maps}/${name}`), 200)
  }
  const small = await turnsOfDeleting('gone-small', 10)
  const large = await turnsOfDeleting('gone-large', limits.pauseFromBytes)
  assert.ok(large >= small + 3, `${small}, then ${large}`)
})

test('what the server itself changes of a large pod is written in steps: binding one', async () => {
  const pods = '/api/v1/namespaces/default/pods'
  const turnsOfBinding = async (name: string, filler: number) => {
    const annotations = { filler: 'x'.repeat(filler) }
    await api.call('POST', pods, { metadata: { name, annotations }, spec: { containers: [{ name: 'a', image: 'x' }] } })
    const binding = { metadata: { name }, target: { kind: 'Node', name: 'n' } }
    const turns = await turnsOf(() => api.call('POST', `${pods}/${name}/binding`, binding), 201)
    assert.equal((await api.call('GET', `${pods}/${name}`)).body.spec.nodeName, 'n')
    return turns
  }
  const small = await turnsOfBinding('bound-small', 10)
  const large = await turnsOfBinding('bound-large', limits.pauseFromBytes)
  assert.ok(large >= small + 2, `${small}, then ${large}`)
})
