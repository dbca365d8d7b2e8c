/** Patches that make no object of the kind, as kube-apiserver 1.36 answers them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '../../limits.ts'
import { TestCaller } from '../testbed/caller.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const secrets = '/api/v1/namespaces/default/secrets'
const kinds = { json: 'json-patch', merge: 'merge-patch', strategic: 'strategic-merge-patch', apply: 'apply-patch' }
let api: TestCaller

before(async () => {
  api = await TestCaller.start()
  const managedFields: object[] = []
  await api.call('POST', maps, { metadata: { name: 'm' }, data: { a: '<1>\u2028' } })
  await api.call('PATCH', `${maps}/m`, { metadata: { managedFields } }, { contentType: contentType('merge') })
  await api.call('POST', secrets, { metadata: { name: 's' }, stringData: { password: 'hidden' } })
})
after(() => api.api.stop())

function contentType(kind: keyof typeof kinds): string {
  return `application/${kinds[kind]}+${kind === 'apply' ? 'yaml' : 'json'}`
}

function patch(kind: keyof typeof kinds, body: unknown, { path = `${maps}/m`, query = 'fieldValidation=Strict' } = {}) {
  return api.call('PATCH', `${path}?${query}`, body as object, { contentType: contentType(kind) })
}

const metadata =
  '{\\"name\\":\\"m\\",\\"namespace\\":\\"default\\",\\"uid\\":\\"U\\",\\"resourceVersion\\":\\"R\\",\\"creationTimestamp\\":\\"T\\"}'
const object = (data: string, more = '') =>
  `"{\\"apiVersion\\":\\"v1\\",${more}\\"data\\":${data},\\"kind\\":\\"ConfigMap\\",\\"metadata\\":${metadata}}"`
const stored = '{\\"a\\":\\"\\\\u003c1\\\\u003e\\\\u2028\\"}'

const refused: [keyof typeof kinds, unknown, string][] = [
  ['merge', { bogus: 1 }, `${object(stored, '\\"bogus\\":1,')}: strict decoding error: unknown field "bogus"`],
  [
    'merge',
    { data: { z: 'z', b: 1 } },
    `${object('{\\"a\\":\\"\\\\u003c1\\\\u003e\\\\u2028\\",\\"b\\":1,\\"z\\":\\"z\\"}')}: json: cannot unmarshal number into Go struct field ConfigMap.data of type string`,
  ],
  [
    'json',
    [{ op: 'replace', path: '/data', value: 'x' }],
    `${object('\\"x\\"')}: json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string`,
  ],
  [
    'json',
    [{ op: 'test', path: '/data/a', value: '<1>\u2028', extra: 1 }],
    `${object(stored)}: strict decoding error: json patch unknown field "[0].extra"`,
  ],
  [
    'strategic',
    { zzz: [null, true, 1.5], data: { x: 'y z' }, metadata: {} },
    '"map[data:map[x:y z] metadata:map[] zzz:[<nil> true 1.5]]": strict decoding error: unknown field "zzz"',
  ],
]

for (const [kind, body, expected] of refused) {
  test(`a ${kind} patch that makes ${expected.slice(-40)} is invalid, and quoted`, async () => {
    const { status, body: answer } = await patch(kind, body)
    const message = String(answer.message)
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'U')
      .replace(/(resourceVersion\\":\\")\d+/, '$1R')
      .replace(/(creationTimestamp\\":\\")[^\\]+/, '$1T')
    assert.deepEqual(
      [status, answer.reason, message],
      [422, 'Invalid', ` "" is invalid: patch: Invalid value: ${expected}`],
    )
    assert.deepEqual(
      answer.details.causes.map(({ reason, field }: { reason: string; field: string }) => [reason, field]),
      [['FieldValueInvalid', 'patch']],
    )
  })
}

const noObject = 'into Go value of type map[string]interface {}'
const unread: [keyof typeof kinds, body: string, status: number, message: string][] = [
  [
    'json',
    '"a"',
    400,
    'error decoding patch: json: cannot unmarshal string into Go value of type []handlers.jsonPatchOp',
  ],
  [
    'json',
    '[5]',
    400,
    'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp',
  ],
  [
    ...(['json', '[{"op":5}]', 400] as const),
    'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string',
  ],
  [
    ...(['json', '[{"op":"add","path":"/x","value":{"y":1e400}}]', 400] as const),
    'error decoding patch: json: cannot unmarshal number 1e400 into Go struct field jsonPatchOp.value of type float64',
  ],
  ['json', '[null]', 422, 'the server rejected our request due to an error in our request'],
  ['json', 'a: b', 400, "error decoding patch: invalid character 'a' looking for beginning of value"],
  ['merge', 'null', 400, 'Invalid JSON Patch'],
  ['merge', '[]', 400, `error decoding patch: json: cannot unmarshal array ${noObject}`],
  ['strategic', 'true', 400, `json: cannot unmarshal bool ${noObject}`],
  ['strategic', '{', 400, 'unexpected end of JSON input'],
]
for (const [kind, body, status, message] of unread) {
  test(`the ${kind} patch ${body} is refused once there is something to patch`, async () => {
    const answer = await patch(kind, body)
    assert.deepEqual([answer.status, answer.body.message], [status, message])
    assert.equal((await patch(kind, body, { path: `${maps}/none` })).status, 404)
  })
}

const strategic: [body: object, fault: string][] = [
  [{ metadata: { labels: { a: 1 } } }, 'cannot convert int64 to string'],
  [{ metadata: { name: 1.5 } }, 'unrecognized type: string'],
  [{ metadata: 5 }, 'cannot restore struct from: int64'],
  [{ metadata: { labels: ['a'] } }, 'cannot restore map from slice'],
  [{ metadata: { finalizers: 'a' } }, 'cannot restore slice from string'],
  [{ metadata: { creationTimestamp: 5 } }, 'json: cannot unmarshal number into Go value of type string'],
  [{ immutable: 'yes' }, 'unrecognized type: bool'],
]
for (const [body, fault] of strategic) {
  test(`a strategic patch with ${JSON.stringify(body)} is refused with: ${fault}`, async () => {
    const { status, body: answer } = await patch('strategic', body)
    assert.equal(status, 422)
    assert.ok(answer.message.endsWith(`: ${fault}`), answer.message)
  })
}

test('the format of a patch is looked at before what is accepted', async () => {
  const headers = { accept: 'text/html' }
  const { status } = await api.call('PATCH', `${maps}/m`, '{}', { contentType: 'text/plain', headers })
  assert.equal(status, 415)
})

test('what is applied under another name is looked at before its name', async () => {
  const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } }
  const told = async (more: object) =>
    (await patch('apply', { ...applied, ...more }, { query: 'fieldManager=x' })).body.message
  assert.equal(await told({}), 'the name of the object (other) does not match the name on the URL (m)')
  const data = { a: ['x', 1, { b: true }] }
  assert.match(
    await told({ data }),
    /: \.data\.a: expected string, got &value\.valueUnstructured\{Value:\[\]interface \{\}\{"x", 1, map\[string\]interface \{\}\{"b":true\}\}\}$/,
  )
  assert.match(await told({ data: ['x', 1] }), /: \.data: expected map, got &\{\[x 1\]\}$/)
})

test('nothing of a Secret, and not all of what is large, is quoted', async () => {
  const secret = await patch('merge', { bogus: 1 }, { path: `${secrets}/s` })
  assert.equal(
    secret.body.message,
    ' "" is invalid: patch: Invalid value: "(a Secret)": strict decoding error: unknown field "bogus"',
  )
  const large = await patch('merge', { data: { b: 'x'.repeat(500_000) }, bogus: 1 })
  assert.equal(large.status, 422)
  assert.ok(String(large.body.message).length < limits.patchedTextLengthMax * 1.1)
})

test('a strategic patch is of the kind whatever it says, and null changes nothing', async () => {
  for (const body of [{ kind: 'Other', apiVersion: 'v9' }, null]) {
    const { status, body: answer } = await patch('strategic', body)
    assert.deepEqual([status, answer.kind, answer.data], [200, 'ConfigMap', { a: '<1>\u2028' }])
  }
})

test('apply names what it is for', async () => {
  const query = 'fieldManager=x'
  const map = { apiVersion: 'v1', kind: 'ConfigMap' }
  const unnamed = await patch('apply', { ...map, metadata: {} }, { path: `${maps}/new`, query })
  const undeterminable = 'the name of the object (new based on URL) was undeterminable: name must be provided'
  assert.deepEqual([unnamed.status, unnamed.body.message], [400, undeterminable])
  assert.equal((await api.call('GET', `${maps}/new`)).status, 404)
  assert.equal((await patch('apply', { ...map, metadata: {} }, { query })).status, 200)
  const kindless = await patch('apply', { metadata: {} }, { query })
  assert.deepEqual([kindless.status, kindless.body.message], [400, 'invalid object type: /, Kind='])
})

test('a character that is not printable is named with its place', async () => {
  const { status, body } = await patch('merge', {}, { query: 'fieldManager=%C3%A9%00' })
  assert.equal(status, 422)
  assert.match(body.message, /: invalid character U\+0000 \(at position 2\)$/)
})
