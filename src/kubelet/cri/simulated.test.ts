import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { contract } from './runtime.contract.ts'
import { RuntimeError } from './runtime.ts'
import { type SimulatedRuntime, simulatedRuntime } from './simulated.ts'
import { exitOf } from './simulated-process.ts'

async function makeRuntime(): Promise<{ runtime: SimulatedRuntime; pass(milliseconds: number): Promise<void> }> {
  const clock = simulatedClock()
  const runtime = simulatedRuntime({ clock, random: simulatedRandom('runtime') })
  await runtime.images.pullImage('busybox:1', undefined, {})
  return { runtime, pass: (milliseconds) => clock.advance(milliseconds) }
}

for (const [name, check] of Object.entries(contract)) {
  test(`simulatedRuntime: ${name}`, async () => {
    const { runtime, pass } = await makeRuntime()
    const until = async (holds: () => Promise<boolean>): Promise<void> => {
      for (let round = 0; round < 100; round++) {
        if (await holds()) return
        await pass(100)
      }
      assert.fail('it did not happen within ten seconds')
    }
    await check({ runtime, image: 'busybox:1', logDirectory: '/logs', until })
  })
}

test('simulatedRuntime fails every call when it is down', async () => {
  const { runtime } = await makeRuntime()
  runtime.down = true
  await assert.rejects(runtime.runtime.version(), (error) => error instanceof RuntimeError && error.code === 14)
  runtime.down = false
  assert.equal((await runtime.runtime.version()).runtimeName, 'simulated')
})

const scripts: [command: string[], expected: ReturnType<typeof exitOf>][] = [
  [['true'], { exitCode: 0, afterMs: 0 }],
  [['sh', '-c', 'exit 3'], { exitCode: 3, afterMs: 0 }],
  [['sh', '-c', 'sleep 2; false'], { exitCode: 1, afterMs: 2000 }],
  [['sleep', '5'], { exitCode: 0, afterMs: 5000 }],
  [['nginx', '-g', 'daemon off;'], undefined],
  [['sleep', 'infinity'], undefined],
]

for (const [command, expected] of scripts) {
  test(`exitOf understands ${command.join(' ')}`, () => {
    assert.deepEqual(exitOf({ command, args: [] }), expected)
  })
}
