import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realClock } from './clock.ts'
import { createLogger } from './log.ts'
import { realRandom } from './random.ts'

test('realClock after fires once, not when cancelled, and not early for delays beyond the timer range', async () => {
  const clock = realClock()
  const fired: string[] = []
  clock.after(0, () => fired.push('kept'))
  clock.after(0, () => fired.push('cancelled'))()
  const cancel = clock.after(2 ** 31 + 5, () => fired.push('far'))
  await clock.sleep(5)
  cancel()
  assert.deepEqual(fired, ['kept'])
})

test('realClock sleep rejects with the reason when its signal aborts', async () => {
  const abort = new AbortController()
  const sleeping = realClock().sleep(60_000, abort.signal)
  abort.abort(new Error('left'))
  await assert.rejects(sleeping, { message: 'left' })
})

test('realRandom draws within bounds', () => {
  const random = realRandom()
  for (let draw = 0; draw < 2_000; draw++) {
    const [integer, float] = [random.int(7), random.float()]
    assert.ok(Number.isInteger(integer) && integer >= 0 && integer < 7)
    assert.ok(float >= 0 && float < 1)
  }
  assert.equal(random.bytes(16).length, 16)
  assert.match(random.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('createLogger writes constant message and fields, and nothing below its level', () => {
  const lines: string[] = []
  const clock = { ...realClock(), nowMs: () => 0 }
  const write = (line: string): void => void lines.push(line)
  const json = createLogger({ clock, write }).with({ component: 'kubelet' })
  json.debug('unseen')
  json.info('pod started', { pod: 'a/b', restarts: 1 })
  createLogger({ clock, write, format: 'pretty', level: 'debug' }).debug('seen', { text: 'two words', plain: 'x' })
  assert.deepEqual(lines, [
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"pod started","component":"kubelet","pod":"a/b","restarts":1}\n',
    '00:00:00.000 debug seen text="two words" plain=x\n',
  ])
})
