import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import { type LogOptions, readLog } from './reader.ts'

const stamp = (second: number): string => `2026-01-01T00:00:0${second}.000000001Z`
const log =
  `${stamp(1)} stdout F one\n` +
  `${stamp(2)} stderr F two\n` +
  `${stamp(3)} stdout P thr\n` +
  `${stamp(3)} stdout F ee\n` +
  `${stamp(4)} stdout F four\n`

async function read(options: Partial<LogOptions>, text = log): Promise<string> {
  const disk = simulatedDisk()
  await disk.makeDirectory('/l')
  await disk.write('/l/0.log', text)
  const parts = { disk, clock: simulatedClock(), isRunning: () => false }
  const all = { follow: false, timestamps: false, stream: 'All' as const, ...options }
  const chunks: Uint8Array[] = []
  for await (const chunk of readLog(parts, '/l/0.log', all, new AbortController().signal)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const rows: [what: string, options: Partial<LogOptions>, expected: string][] = [
  ['everything', {}, 'one\ntwo\nthree\nfour\n'],
  ['the last line', { tailLines: 1 }, 'four\n'],
  ['nothing for no lines', { tailLines: 0 }, ''],
  ['everything for more lines than there are', { tailLines: 99 }, 'one\ntwo\nthree\nfour\n'],
  ['lines since a time', { sinceMs: Date.parse('2026-01-01T00:00:03Z') }, 'three\nfour\n'],
  ['one stream', { stream: 'Stderr' }, 'two\n'],
  ['no more than the limit', { limitBytes: 6 }, 'one\ntw'],
  ['time stamps', { tailLines: 1, timestamps: true }, `${stamp(4)} four\n`],
  ['the end of a log that was followed', { follow: true, tailLines: 1 }, 'four\n'],
]

for (const [what, options, expected] of rows) {
  test(`readLog gives ${what} when asked with ${JSON.stringify(options)}`, async () => {
    assert.equal(await read(options), expected)
  })
}

test('readLog finds the tail when the log is longer than what is read at once', async () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => `${stamp(1)} stdout F line ${index}\n`)
  assert.equal(await read({ tailLines: 2 }, lines.join('')), 'line 4998\nline 4999\n')
})

test('readLog goes on in the new file when the log is rotated while followed', async () => {
  const disk = simulatedDisk()
  await disk.makeDirectory('/l')
  await disk.write('/l/0.log', `${stamp(1)} stdout F old\n`)
  const clock = simulatedClock()
  let running = true
  const options = { follow: true, timestamps: false, stream: 'All' as const }
  const chunks: string[] = []
  const reading = (async () => {
    for await (const chunk of readLog(
      { disk, clock, isRunning: () => running },
      '/l/0.log',
      options,
      new AbortController().signal,
    ))
      chunks.push(Buffer.from(chunk).toString())
  })()
  await clock.advance(1_000)
  await disk.rename('/l/0.log', '/l/0.log.1')
  await disk.write('/l/0.log', `${stamp(2)} stdout F new\n`)
  await clock.advance(1_000)
  running = false
  await clock.advance(1_000)
  await reading
  assert.deepEqual(chunks, ['old\n', 'new\n'])
})
