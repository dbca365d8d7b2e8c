import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { inWords } from './remote-command.ts'

test('clients of the first protocol hear of failures only, in words', async () => {
  const said = (status: string) => text(inWords(Readable.from(status === '' ? [] : [Buffer.from(status)])))
  assert.equal(await said('{"metadata":{},"status":"Success"}'), '')
  assert.equal(await said(''), '')
  const failure = { status: 'Failure', reason: 'NonZeroExitCode', message: 'command terminated with exit code 3' }
  assert.equal(await said(JSON.stringify(failure)), 'command terminated with exit code 3')
})
