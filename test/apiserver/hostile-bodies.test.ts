/**
 * Bodies of 3 MiB that are meant to cost much: each is refused soon, and none holds up other requests. What is measured
 * is this thread's own processor time between two turns of its event loop, so that a busy machine changes little.
 * Without the protection that a class names, its bodies take from 0.2 seconds to 6 minutes in one turn.
 */
import assert from 'node:assert/strict'
import { threadCpuUsage } from 'node:process'
import { after, before, describe, test } from 'node:test'
import { TestCaller } from '../../src/apiserver/testbed/caller.ts'
import { limits } from '../../src/limits.ts'

const bytesMax = limits.requestBodyBytesMax
/** What others may wait for one request. The worst of these was measured to take half of it, in code that had not run before. */
const sliceMsMax = 50

let api: TestCaller
before(async () => {
  api = await TestCaller.start()
  await api.call('POST', configMaps, { metadata: { name: 'base' }, data: { a: 'b' } })
})
after(() => api.api.stop())

const configMaps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'

/** `head`, as many units as fit, `tail`. */
function filled(unit: string | ((index: number) => string), head: string, tail: string): string {
  if (typeof unit === 'string') return head + unit.repeat((bytesMax - head.length - tail.length) / unit.length) + tail
  const parts: string[] = []
  let length = head.length + tail.length
  for (let part = unit(0); length + part.length <= bytesMax; part = unit(parts.length)) {
    parts.push(part)
    length += part.length
  }
  return head + parts.join('') + tail
}

function field(number: number, bytes: Uint8Array): Buffer {
  const length: number[] = []
  let rest = bytes.length
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) length.push((rest & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), bytes])
}

/** An object whose message repeats two bytes: an empty field of the given number. */
function protobuf(kind: string, fieldNumber: number, within?: number): Uint8Array {
  const repeated = Buffer.alloc(bytesMax - 100, Buffer.from([fieldNumber * 8 + 2, 0]))
  const name = Buffer.concat([field(1, Buffer.from('v1')), field(2, Buffer.from(kind))])
  return Buffer.concat([Buffer.from('k8s\0'), field(1, name), field(2, within ? field(within, repeated) : repeated)])
}

interface Hostile {
  name: string
  path?: string
  method?: 'POST' | 'PATCH' | 'DELETE'
  body: () => string | Uint8Array
  says?: RegExp
}

const metadata = '"metadata":{"name":"h"}'
const spec = (inner: string): [string, string] => inner.split('…') as [string, string]
const container = spec(`{${metadata},"spec":{"containers":[{"name":"a","image":"x",…}]}}`)

const classes: Record<string, { contentType: string; bodies: Hostile[] }> = {
  'JSON with more values than anything has': {
    contentType: 'application/json',
    bodies: [
      { name: 'members', body: () => filled((n) => `"k${n}":"v",`, `{${metadata},"data":{`, '"z":""}}') },
      { name: 'labels', body: () => filled((n) => `"k${n}":"v",`, `{"metadata":{"labels":{`, '"z":""}}}') },
      { name: 'lists', body: () => filled('[],', `{${metadata},"x":[`, '0]}') },
      { name: 'lists within lists', body: () => filled(`${'['.repeat(900)}${']'.repeat(900)},`, '{"x":[', '0]}') },
      { name: 'one name again and again', body: () => filled('"a":"",', `{${metadata},"data":{`, '"b":""}}') },
      {
        name: 'empty containers',
        path: pods,
        body: () => filled('{},', `{${metadata},"spec":{"containers":[`, '{}]}}'),
      },
      {
        name: 'quantities',
        path: pods,
        body: () =>
          filled((n) => `"a.b/r${n}":"1.5Gi",`, `${container[0]}"resources":{"limits":{`, `"z":"1"}}${container[1]}`),
      },
      {
        name: 'finalizers',
        body: () => filled((n) => `"a.b/c${n}",`, '{"metadata":{"name":"h","finalizers":[', '"z"]}}'),
      },
      {
        name: 'options of a deletion',
        path: `${configMaps}/none`,
        method: 'DELETE',
        body: () => filled('{},', '{"x":[', '0]}'),
      },
    ].map((each) => ({ says: /^json: the document has more than \d+ values$/, ...each })) as Hostile[],
  },
  'JSON that never ends': {
    contentType: 'application/json',
    bodies: [
      { name: 'opened only', body: () => filled('[', '', ''), says: /nested deeper than 1000/ },
      {
        name: 'a string',
        body: () => filled('\\"', '{"a":"', ''),
        says: /: couldn't get version\/kind; json parse error: /,
      },
    ],
  },
  'quantities of many digits': {
    contentType: 'application/json',
    bodies: [
      ['digits', ''],
      ['digits and what is none', 'x'],
    ].map(([name, end]) => ({
      name: name!,
      path: pods,
      body: () => filled('9', `${container[0]}"resources":{"limits":{"cpu":"`, `${end}"}}${container[1]}`),
      says: /quantities must match/,
    })),
  },
  YAML: {
    contentType: 'application/yaml',
    bodies: [
      { name: 'directives', body: () => filled('%A b\n', '', '') },
      { name: 'lists', body: () => filled('[],', '{x: [', '0]}') },
      { name: 'lines', body: () => filled((n) => `  k${n}: v\n`, 'data:\n', '') },
      { name: 'comments', body: () => filled('#\n', '', '') },
      { name: 'merged keys', body: () => filled('- <<: *a\n', 'x:\n- &a {b: c}\n', '') },
      { name: 'JSON that breaks off', body: () => filled('[],', '{"x":[', '0]') },
      { name: 'text that is aliased', body: () => `a: &a ${'x'.repeat(2_000_000)}\nb: [${Array(90).fill('*a')}]\n` },
    ].map((each) => ({ says: /^yaml: /, ...each })),
  },
  'protobuf with more fields than anything has': {
    contentType: 'application/vnd.kubernetes.protobuf',
    bodies: [
      { name: 'data', body: () => protobuf('ConfigMap', 2) },
      { name: 'owners', body: () => protobuf('ConfigMap', 13, 1) },
      { name: 'containers', path: pods, body: () => protobuf('Pod', 2, 2) },
      { name: 'unknown fields', body: () => protobuf('ConfigMap', 15) },
    ].map((each) => ({ says: /^decode protobuf: the message has too many fields$/, ...each })),
  },
  'JSON patches': {
    contentType: 'application/json-patch+json',
    bodies: [
      {
        name: 'operations',
        body: () => JSON.stringify(Array(10_001).fill({ op: 'test', path: '', value: 1 })),
        says: /^Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001$/,
      },
      {
        name: 'copies of copies',
        body: () =>
          JSON.stringify(Array.from({ length: 9_999 }, (_, n) => ({ op: 'copy', from: '/data', path: `/data/x${n}` }))),
        says: /rejected our request/,
      },
      {
        name: 'a path',
        body: () => JSON.stringify([{ op: 'test', path: '/a'.repeat(1_500_000), value: 1 }]),
        says: /rejected our request/,
      },
    ].map((each) => ({ method: 'PATCH', path: `${configMaps}/base`, ...each })),
  },
  'strategic merge patches': {
    contentType: 'application/strategic-merge-patch+json',
    bodies: ['finalizers', '$setElementOrder/finalizers', '$deleteFromPrimitiveList/finalizers'].map((name) => ({
      name,
      method: 'PATCH',
      path: `${configMaps}/base`,
      body: () => filled((n) => `"a.b/c${n}",`, `{"metadata":{"${name}":[`, '"z"]}}'),
      says: /more than \d+ values/,
    })),
  },
}

for (const [title, { contentType, bodies }] of Object.entries(classes)) {
  describe(title, () => {
    for (const { name, body, says, method = 'POST', path = configMaps } of bodies) {
      test(name, { timeout: 60_000 }, async () => {
        const bytes = body()
        const { longestMs, result } = await longestSlice(() => api.call(method, path, bytes, { contentType }))
        const { status, message } = { status: result.status, message: String(result.body.message) }
        assert.ok(status >= 400 && status < 500, `${status} ${message.slice(0, 300)}`)
        if (says) assert.match(message, says)
        assert.ok(longestMs < sliceMsMax, `one turn took ${Math.round(longestMs)} ms`)
        assert.equal((await api.get('/livez')).body, 'ok')
      })
    }
  })
}

/** The most processor time that this thread spent in one turn while `run` was under way. */
async function longestSlice<T>(run: () => Promise<T>): Promise<{ longestMs: number; result: T }> {
  let longestMs = 0
  let last = usedMs()
  let running = true
  const turn = (): void => {
    const now = usedMs()
    longestMs = Math.max(longestMs, now - last)
    last = usedMs()
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  try {
    const result = await run()
    await new Promise(setImmediate)
    return { longestMs, result }
  } finally {
    running = false
  }
}

function usedMs(): number {
  const { user, system } = threadCpuUsage()
  return (user + system) / 1000
}
