/** Whole numbers of 64 bits come back as they were sent, whatever encoding they came and go in. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeProtobuf, encodeProtobuf } from '../../api/codec/protobuf.ts'
import type { TransportRequest } from '../../client/transport.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import { TestCaller } from '../testbed/caller.ts'

const pods = '/api/v1/namespaces/default/pods'
const things = '/apis/numbers.example.com/v1/namespaces/default/things'
const largest = '9223372036854775807'
const smallest = '-9223372036854775808'
let api: TestCaller

before(async () => {
  api = await TestCaller.start()
  const spec = {
    type: 'object',
    properties: {
      whole: { type: 'integer', format: 'int64' },
      few: { type: 'integer', format: 'int32' },
      set: { type: 'array', items: { type: 'integer' }, 'x-kubernetes-list-type': 'set' },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
    'x-kubernetes-validations': [{ rule: `!has(self.whole) || self.whole != ${largest} - 5` }],
  }
  await api.call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'things.numbers.example.com' },
    spec: {
      ...{ group: 'numbers.example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' } },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  })
})
after(() => api.api.stop())

/** The text of the answer. */
async function send(
  method: TransportRequest['method'],
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = {},
) {
  const request: TransportRequest = {
    ...{ method, path, headers: { 'content-type': 'application/json', ...headers } },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? Buffer.from(body) : body }),
  }
  const { status, body: answer } = await api.api.transport.send(request)
  const bytes = answer instanceof Uint8Array ? answer : Buffer.concat(await Array.fromAsync(answer))
  return { status, bytes, text: Buffer.from(bytes).toString() }
}

test('numbers of JSON and merge patches are read by the type of their field', async () => {
  const quotas = '/api/v1/namespaces/default/resourcequotas'
  const given = '{"metadata":{"name":"exact"},"spec":{"hard":{"pods":"1"}}}'
  assert.equal((await send('POST', quotas, given)).status, 201)
  const patch = (type: string, body: string) =>
    send('PATCH', `${quotas}/exact`, body, { 'content-type': `application/${type}+json` })
  const hard = '{"cpu":123456789012345678.901,"memory":1e5,"pods":9223372036854775806}'
  const merged = await patch('merge-patch', `{"spec":{"hard":${hard}}}`)
  assert.match(merged.text, /"cpu":"123456789012345678901m","memory":"100e3","pods":"9223372036854775806"/)
  const add = '{"op":"add","path":"/spec/hard/limits.cpu","value":12345678901234567.25}'
  const added = await patch(
    'json-patch',
    `[${add},{"op":"copy","from":"/spec/hard/limits.cpu","path":"/spec/hard/requests.cpu"}]`,
  )
  assert.match(added.text, /"limits.cpu":"12345678901234567250m".*"requests.cpu":"12345678901234567250m"/)
})

function pod(name: string, seconds: string): string {
  return `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"${name}"},"spec":{"terminationGracePeriodSeconds":${seconds},"containers":[{"name":"c","image":"i"}],"tolerations":[{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":${smallest}}]}}`
}

test('in a built-in type, as JSON, YAML, a table, protobuf, patches and what is applied', async () => {
  const created = await send('POST', pods, pod('json', largest))
  assert.equal(created.status, 201, created.text)
  for (const text of [created.text, (await send('GET', `${pods}/json`)).text, (await send('GET', pods)).text]) {
    assert.ok(text.includes(`"terminationGracePeriodSeconds":${largest}`), text)
    assert.ok(text.includes(`"tolerationSeconds":${smallest}`))
  }
  const yaml = await send('GET', `${pods}/json`, undefined, { accept: 'application/yaml' })
  assert.ok(yaml.text.includes(`terminationGracePeriodSeconds: ${largest}\n`))
  const sent = yaml.text.replace('name: json', 'name: yaml').replace(/ {2}(uid|resourceVersion): .*\n/g, '')
  const again = await send('POST', pods, sent, { 'content-type': 'application/yaml' })
  assert.ok(again.text.includes(`"terminationGracePeriodSeconds":${largest}`), again.text)
  const proto = 'application/vnd.kubernetes.protobuf'
  const message = await send('GET', `${pods}/json`, undefined, { accept: proto })
  const object = decodeProtobuf(message.bytes) as { spec?: { terminationGracePeriodSeconds?: unknown } }
  assert.equal(object.spec?.terminationGracePeriodSeconds, BigInt(largest))
  const type = typeOfKind({ group: '', version: 'v1', kind: 'Pod' })
  const metadata = { name: 'proto' }
  const bytes = encodeProtobuf({ ...object, kind: 'Pod', apiVersion: 'v1', metadata }, type)
  const fromProto = await send('POST', pods, bytes, { 'content-type': proto })
  assert.ok(fromProto.text.includes(`"terminationGracePeriodSeconds":${largest}`), fromProto.text)
  const patched = await send('PATCH', `${pods}/json`, '{"metadata":{"labels":{"a":"b"}}}', {
    'content-type': 'application/strategic-merge-patch+json',
  })
  assert.ok(patched.text.includes(`"terminationGracePeriodSeconds":${largest}`), patched.text)
  const applied = await send('PATCH', `${pods}/applied?fieldManager=m`, pod('applied', largest), {
    'content-type': 'application/apply-patch+yaml',
  })
  assert.ok(applied.text.includes(`"terminationGracePeriodSeconds":${largest}`), applied.text)
  await send('POST', `${pods}/json/binding`, '{"metadata":{"name":"json"},"target":{"kind":"Node","name":"n"}}')
  const deleted = await send('DELETE', `${pods}/json`)
  assert.match(deleted.text, /"deletionTimestamp":"9999-12-31T23:59:59Z"/, 'as late as a time can be written')
})

test('what 64 bits cannot hold is refused', async () => {
  const { status, text } = await send('POST', pods, pod('beyond', '9223372036854775808'))
  assert.equal(status, 400)
  assert.match(text, /cannot unmarshal number .* of type int64/)
})

function thing(name: string, spec: string): string {
  return `{"kind":"Thing","apiVersion":"numbers.example.com/v1","metadata":{"name":"${name}"},"spec":${spec}}`
}

test('in a custom type: fields, sets, what no schema names, patches, rules and limits', async () => {
  const spec = `{"free":{"a":[${largest},{"b":${smallest}}]},"set":[9007199254740993,9007199254740995],"whole":${largest}}`
  const created = await send('POST', things, thing('a', spec))
  assert.ok(created.text.includes(`"spec":${spec}`), created.text)
  assert.ok((await send('GET', things)).text.includes(`"spec":${spec}`))
  const patched = await send(
    'PATCH',
    `${things}/a`,
    `[{"op":"test","path":"/spec/whole","value":${largest}},{"op":"replace","path":"/spec/whole","value":9007199254740993}]`,
    {
      'content-type': 'application/json-patch+json',
    },
  )
  assert.ok(patched.text.includes('"whole":9007199254740993}'), patched.text)
  const applied = await send('PATCH', `${things}/a?fieldManager=m`, thing('a', '{"set":[9007199254740993]}'), {
    'content-type': 'application/apply-patch+yaml',
  })
  assert.ok(applied.text.includes('"set":[9007199254740993,9007199254740995]'), applied.text)
  assert.ok(applied.text.includes('"v:9007199254740993":{}'), applied.text)
  assert.match((await send('POST', things, thing('b', '{"whole":9223372036854775802}'))).text, /failed rule/)
  assert.match((await send('POST', things, thing('b', `{"few":${largest}}`))).text, /int32/)
})

test('a number that does not fit is refused with its text and its field', async () => {
  const post = async (path: string, body: string) => (await api.call('POST', `${path}?dryRun=All`, body)).body.message
  const cannot = (number: string) => `cannot be handled as a Pod: json: cannot unmarshal number ${number} into`
  for (const number of ['1e400', '1.0', '9223372036854775808']) {
    const message = await post(pods, `{"metadata":{"name":"n","generation":${number}}}`)
    assert.equal(
      message,
      `Pod in version "v1" ${cannot(number)} Go struct field ObjectMeta.metadata.generation of type int64`,
    )
  }
  const thing = (members: string) => `{"apiVersion":"numbers.example.com/v1","kind":"Thing",${members}}`
  const prefix = 'Thing in version "v1" cannot be handled as a Thing: json: cannot unmarshal number'
  const huge = await post(things, thing('"metadata":{"name":"n"},"spec":{"free":{"a":[1e400]}}'))
  assert.equal(huge, `${prefix} 1e400 into Go value of type float64`)
  const fraction = await post(things, thing('"metadata":{"name":"n","generation":1.5}'))
  assert.equal(fraction, `${prefix} 1.5 into Go struct field ObjectMeta.generation of type int64`)
})

test('quantities have all the digits they were sent with', async () => {
  const resources = '{"requests":{"cpu":123456789012345678.1234,"memory":12345678901234567890123}}'
  const body = `{"metadata":{"name":"n"},"spec":{"containers":[{"name":"c","image":"i","resources":${resources}}]}}`
  const answer = await api.call('POST', `${pods}?dryRun=All`, body)
  assert.deepEqual(answer.body.spec.containers[0].resources.requests, {
    cpu: '123456789012345678124m',
    memory: '12345678901234567890123',
  })
})
