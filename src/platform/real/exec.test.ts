import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '../../limits.ts'
import { realExec } from './exec.ts'

const exec = realExec()

test('run returns output and exit code, and passes input and environment', async () => {
  const result = await exec.run(['sh', '-c', 'cat; echo $GREETING >&2; exit 3'], {
    input: 'in',
    env: { GREETING: 'hi' },
  })
  assert.deepEqual(result, { exitCode: 3, stdout: 'in', stderr: 'hi\n' })
})

test('run rejects when the program is missing, too slow, too loud or aborted', async () => {
  await assert.rejects(exec.run(['/no/such/program']), { code: 'ENOENT' })
  await assert.rejects(exec.run(['sleep', '60'], { timeoutMs: 20 }), { code: 'ETIMEDOUT' })
  const bytes = String(limits.execOutputBytesMax + 1)
  await assert.rejects(exec.run(['head', '-c', bytes, '/dev/zero']), { code: 'ENOBUFS' })
  const abort = new AbortController()
  const pending = exec.run(['sleep', '60'], { signal: abort.signal })
  abort.abort(new Error('left'))
  await assert.rejects(pending, { message: 'left' })
})

test('run reports a signal as 128 and its number', async () => {
  assert.equal((await exec.run(['sh', '-c', 'kill -TERM $$'])).exitCode, 143)
})

test('spawn writes output to its log and can be killed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-exec-'))
  try {
    const logPath = join(directory, 'log')
    const short = await exec.spawn(['sh', '-c', 'echo out; echo err >&2'], { logPath })
    assert.equal(await short.exited, 0)
    assert.equal(readFileSync(logPath, 'utf8'), 'out\nerr\n')
    const long = await exec.spawn(['sleep', '60'])
    assert.equal(exec.alive(long.pid), true)
    long.kill('SIGKILL')
    assert.equal(await long.exited, 137)
    assert.equal(exec.alive(long.pid), false)
    await assert.rejects(exec.spawn(['/no/such/program']), { code: 'ENOENT' })
  } finally {
    rmSync(directory, { recursive: true })
  }
})
