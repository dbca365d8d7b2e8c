import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { silent } from '../../platform/log.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { logSink, webhookSink } from './backends.ts'
import { Batches } from './batches.ts'
import type { AuditEvent } from './event.ts'
import { truncated } from './truncate.ts'

const random = simulatedRandom('audit')
const event = (auditID: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID, stage: 'ResponseComplete' },
  ...{ requestURI: '/', verb: 'get', user: {}, sourceIPs: [], requestReceivedTimestamp: '', stageTimestamp: '' },
  ...more,
})
const batch = { bufferSize: 10, maxBatchSize: 2, maxWaitMs: 1_000 }

test('the log is JSON lines in files that are renamed when full; the oldest go', async () => {
  const clock = simulatedClock()
  const disk = simulatedDisk({ nowMs: () => clock.nowMs() })
  const file = { path: '/var/log/k8s/audit.log', maxSizeBytes: 600, maxBackups: 2, maxAgeMs: 0, compress: false }
  const sink = logSink({ mode: 'blocking', batch, file }, { clock, disk, log: silent })
  for (let index = 0; index < 12; index++) {
    await sink.write(event(`e${index}`))
    await clock.advance(1_000)
  }
  await sink.close()
  const names = await disk.list('/var/log/k8s')
  assert.equal(names.length, 3)
  assert.match(names[0]!, /^audit-2026-01-01T00-00-\d\d\.000\.log$/)
  assert.equal((await disk.stat(file.path))?.mode, 0o600)
  const lines = (await disk.readText(file.path)).trimEnd().split('\n')
  assert.equal((JSON.parse(lines.at(-1)!) as AuditEvent).auditID, 'e11')
})

test('old files go by their age too, and are compressed when that is asked for', async () => {
  const clock = simulatedClock()
  const disk = simulatedDisk()
  const file = { path: '/a/audit.log', maxSizeBytes: 1, maxBackups: 0, maxAgeMs: 86_400_000, compress: true }
  const sink = logSink({ mode: 'blocking', batch, file }, { clock, disk, log: silent })
  await sink.write(event('a'))
  await sink.write(event('b'))
  assert.deepEqual(await disk.list('/a'), ['audit-2026-01-01T00-00-00.000.log.gz', 'audit.log'])
  await clock.advance(2 * 86_400_000)
  await sink.write(event('c'))
  assert.deepEqual(await disk.list('/a'), ['audit-2026-01-03T00-00-00.000.log.gz', 'audit.log'])
})

test('blocking-strict fails who is audited when the disk is full, blocking does not', async () => {
  const clock = simulatedClock()
  const file = { path: '/a/audit.log', maxSizeBytes: 0, maxBackups: 0, maxAgeMs: 0, compress: false }
  const full = () => simulatedDisk({ capacityBytes: 10 })
  const strict = logSink({ mode: 'blocking-strict', batch, file }, { clock, disk: full(), log: silent })
  await assert.rejects(async () => await strict.write(event('a')), /ENOSPC|no space/i)
  const lenient = logSink({ mode: 'blocking', batch, file }, { clock, disk: full(), log: silent })
  await lenient.write(event('a'))
  assert.deepEqual([strict.lost, lenient.lost], [1, 1])
})

test('Batches hands on what is full or has waited, in order, and loses what does not fit', async () => {
  const clock = simulatedClock()
  const got: string[][] = []
  const deliver = async (events: readonly AuditEvent[]) => void got.push(events.map(({ auditID }) => auditID))
  const batches = new Batches({ ...batch, bufferSize: 3, name: 'log', clock, log: silent, deliver })
  for (const id of ['a', 'b', 'c', 'd']) batches.write(event(id))
  assert.equal(batches.lost, 1)
  await clock.advance(100)
  assert.deepEqual(got, [['a', 'b']])
  await clock.advance(1_000)
  assert.deepEqual(got, [['a', 'b'], ['c']])
})

test('Batches leave no faster than is allowed', async () => {
  const clock = simulatedClock()
  let batchCount = 0
  const throttle = { perSecond: 1, burst: 2 }
  const deliver = async () => void batchCount++
  const batches = new Batches({
    bufferSize: 100,
    maxBatchSize: 1,
    maxWaitMs: 0,
    throttle,
    name: 'x',
    clock,
    log: silent,
    deliver,
  })
  for (let index = 0; index < 6; index++) batches.write(event(String(index)))
  await clock.advance(10)
  assert.equal(batchCount, 2)
  await clock.advance(2_000)
  assert.equal(batchCount, 4)
})

test('truncated leaves out bodies first, then the event, and splits batches', () => {
  const large = 'x'.repeat(500)
  const events = [event('a'), event('b', { requestObject: large }), event('c', { requestURI: large })]
  const { batches, dropped } = truncated(events, { maxEventBytes: 400, maxBatchBytes: 300 })
  assert.equal(dropped, 1)
  assert.equal(batches.length, 2)
  const cut = JSON.parse(batches[1]![0]!) as AuditEvent
  assert.deepEqual(cut.annotations, { 'audit.k8s.io/truncated': 'true' })
  assert.equal('requestObject' in cut, false)
})

test('the webhook is given lists of events, and asked again after an error of its own', async () => {
  const { net } = realPlatform()
  const bodies: { kind: string; items: AuditEvent[] }[] = []
  const codes = [503, 200]
  const listening = await net.serveHttp(
    { host: '127.0.0.1', port: 0 },
    {
      request: (request, response) => void answer(request as IncomingMessage, response as ServerResponse),
      upgrade: (_request, socket) => socket.destroy(),
    },
  )
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()))
    response.writeHead(codes.shift() ?? 200).end()
  }
  const { clock } = realPlatform()
  const access = { server: `http://127.0.0.1:${listening.port}/audit`, tls: {} }
  const sink = webhookSink(
    { mode: 'batch', batch: { ...batch, maxWaitMs: 1 }, access, initialBackoffMs: 1 },
    { clock, net, random, log: silent },
  )
  void sink.write(event('a'))
  void sink.write(event('b'))
  await sink.close()
  await listening.close(0)
  assert.deepEqual(
    bodies.map(({ kind, items }) => [kind, items.length]),
    [
      ['EventList', 2],
      ['EventList', 2],
    ],
  )
})
