import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { outcome } from './remote-command.ts'

const success = '{"metadata":{},"status":"Success"}'
const failure = '{"status":"Failure","reason":"NonZeroExitCode","message":"command terminated with exit code 3"}'
const lost = 'the container runtime did not say how the command ended'

function said(protocol: string, ...parts: string[]): Promise<string> {
  return text(outcome(Readable.from(parts.map((part) => Buffer.from(part))), protocol))
}

test('outcome gives clients of the first protocol failures only, in words', async () => {
  const first = (...parts: string[]) => said('channel.k8s.io', ...parts)
  assert.equal(await first(success), '')
  assert.equal(await first(failure.slice(0, 20), failure.slice(20)), 'command terminated with exit code 3')
  assert.equal(await first(), lost)
})

test('outcome is a failure when the runtime went away without a status, or in the middle of it', async () => {
  for (const parts of [[], [success.slice(0, 9)]]) {
    const { status, message } = JSON.parse(await said('v5.channel.k8s.io', ...parts)) as Record<string, string>
    assert.deepEqual([status, message], ['Failure', lost])
  }
  const broken = new Readable({ read: () => broken.destroy(new Error('reset')) })
  assert.match(await text(outcome(broken, 'v4.channel.k8s.io')), /did not say/)
  assert.equal(await said('v5.channel.k8s.io', failure), failure)
})
