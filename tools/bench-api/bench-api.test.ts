/** What the bench counts with, without servers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ofOneSize, podNames } from './checks.ts'
import { AnswerReader } from './connection.ts'
import { cpuSeconds, memoryOf } from './process.ts'
import { figure, median, rowsOf, table, valueRows } from './report.ts'
import { counting, missing, reading } from './watch.ts'
import { continueIn, type Subject } from './work.ts'

/** As a network may cut it. */
function inBytes(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

test('an answer ends by its length or by its last chunk, however it is cut', () => {
  const byLength = 'HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\n{"a":1}'
  const byChunks = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n'
  for (const [text, status] of [
    [byLength, 201],
    [byChunks, 200],
  ] as const)
    for (const size of [1, 2, 5, 1_000]) {
      const reader = new AnswerReader()
      const pieces = inBytes(text, size)
      for (const [index, piece] of pieces.entries()) {
        assert.equal(reader.complete, false, `before piece ${index} of ${size} bytes`)
        reader.take(piece)
      }
      assert.deepEqual([reader.complete, reader.status, reader.body().toString()], [true, status, '{"a":1}'])
    }
})

test('events are counted by their line feeds, not by those of chunks', () => {
  const stream = '8\r\n{"n":1}\n\r\n10\r\n{"n":2}\n{"n":3}\n\r\n'
  for (const size of [1, 3, 100]) {
    const counter = { events: 0 }
    const count = counting(counter)
    for (const piece of inBytes(stream, size)) count(piece)
    assert.equal(counter.events, 3, `${size} bytes at once`)
  }
})

test('an event is as late as the update that its number names', () => {
  const delays: number[] = []
  const sent = [performance.now() - 50, performance.now() - 10]
  reading(sent, delays)(Buffer.from('{"n":"#0#"}{"n":"#1#"}{"n":"#7#"}'))
  assert.equal(delays.length, 2)
  assert.ok(delays[0]! - delays[1]! > 39 && delays[1]! >= 10, String(delays))
})

test('the next page is found in the head of a list, whatever it is encoded in', () => {
  const token = Buffer.from('{"v":"meta.k8s.io/v1","rv":7,"start":"a\\u0000"}').toString('base64url')
  const json = Buffer.from(`{"kind":"PodList","metadata":{"resourceVersion":"7","continue":"${token}"},"items":[]}`)
  const protobuf = Buffer.concat([
    Buffer.from([0x12, 1, 0x37, 0x1a, token.length]),
    Buffer.from(token),
    Buffer.of(0x20, 9),
  ])
  assert.deepEqual(
    [continueIn(json), continueIn(protobuf), continueIn(Buffer.from('{"metadata":{}}'))],
    [token, token, ''],
  )
})

test('figures have three digits that matter; ratios are of the same rounds', () => {
  assert.deepEqual(
    [figure(1234.5, '/s'), figure(12.34, 'ms'), figure(1.234, '×'), figure(0.12345, 'ms')],
    ['1235/s', '12.3 ms', '1.23×', '0.123 ms'],
  )
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5])
  const round = (perSecond: number, cpuMs: number) => ({ perSecond, cpuMs, megabytes: 1 })
  const results = new Map([
    ['a', [round(100, 1), round(300, 2)]],
    ['b', [round(50, 2), round(100, 8)]],
  ])
  assert.deepEqual(rowsOf(results)[2], ['ratio', '2.50× (2.00–3.00)', 'CPU 0.375× (0.250–0.500)'])
  assert.equal(rowsOf(new Map([['a', [round(100, 1)]]])).length, 1)
  assert.deepEqual(
    valueRows(
      [
        ['a', 30],
        ['b', 120],
      ],
      'MiB',
    )[2],
    ['ratio', '0.250×'],
  )
  assert.equal(
    table('t', [
      ['a', '1'],
      ['long', '2'],
    ]),
    't\n  a     1\n  long  2',
  )
})

test('servers that answer less, to anybody, or with another size are not measured', async () => {
  const pod = (index: number) => `{"metadata":{"name":"pod-00000${index}"},"spec":{"nodeName":"pod-000009"}}`
  assert.deepEqual(podNames(Buffer.from(`{"items":[${pod(1)},${pod(2)}]}`)), ['pod-000001', 'pod-000002'])
  assert.deepEqual(podNames(Buffer.from('k8s\0\n\x0apod-000001\x12\0\n\x0apod-000002\x12\0')), [
    'pod-000001',
    'pod-000002',
  ])
  const subject = { target: { name: 'a' } } as Subject
  const sizes = [1_000, 1_005, 900]
  const step = ofOneSize(async () => ({ status: 200, length: sizes.shift()!, body: () => Buffer.of() }))
  for (const length of [1_000, 1_005]) assert.equal((await step(subject, 0)).length, length)
  await assert.rejects(step(subject, 0), /^Error: a: 900 bytes were answered, 1000 before$/)
})

test('events that come twice make not good for others that are lost', () =>
  assert.equal(missing([{ events: 5 }, { events: 4 }, { events: 6 }], 5), 2))

test('what no process is known of is not said to cost nothing', async () => {
  assert.equal(figure(await cpuSeconds([]), 'ms'), 'not known')
  assert.equal(figure((await memoryOf([])).rss, 'MiB'), 'not known')
  assert.ok((await memoryOf([process.pid])).rss > 1e6 && (await cpuSeconds([process.pid])) > 0)
})
