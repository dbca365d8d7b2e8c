import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

const configMaps = '/api/v1/namespaces/default/configmaps?dryRun=All'
const head =
  'Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
let caller: TestCaller

before(async () => {
  caller = await TestCaller.start()
})

after(() => caller.api.stop())

const unread: [body: string, why: string, shown: string][] = [
  [
    '{"metadata":{"name":"a"},"data":{"a":1,}}',
    "invalid character '}' looking for beginning of object key string",
    '{"metadata":{"name":"a"},"data ...',
  ],
  [' ', 'unexpected end of JSON input', '20'],
  ['[{}]', `json: cannot unmarshal array into ${head}`, '5b7b7d5d'],
  ['1e400', `json: cannot unmarshal number into ${head}`, '3165343030'],
  ['{"kind":5}', 'json: cannot unmarshal number into Go struct field .kind of type string', '{"kind":5}'],
  [
    '{"apiVersion":[]}',
    'json: cannot unmarshal array into Go struct field .apiVersion of type string',
    '{"apiVersion":[]}',
  ],
]

for (const [body, why, shown] of unread) {
  test(`a body of ${body} is refused, and shown`, async () => {
    const answer = await caller.call('POST', configMaps, body)
    assert.equal(answer.status, 400)
    const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap)'
    assert.equal(answer.body.message, `${unrecognized}: couldn't get version/kind; json parse error: ${why} (${shown})`)
  })
}

test('null is an object without anything', async () => {
  const answer = await caller.call('POST', configMaps, 'null')
  assert.equal(answer.status, 422)
  assert.match(answer.body.message, /metadata\.name: Required value: name or generateName is required/)
})
