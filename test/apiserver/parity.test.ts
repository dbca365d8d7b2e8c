/**
 * Replays recorded exchanges of kube-apiserver (the folder named by K8TS_PARITY, else `../shared/parity` beside the
 * checkout) over HTTP on an API server in memory. For each file at least as many answers must agree as
 * `parity-counts.json` says; `UPDATE=1` writes what agrees now. What still differs, and why: `docs/decisions/`.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

const here = new URL('.', import.meta.url).pathname
const folder = process.env.K8TS_PARITY ?? join(here, '../../../shared/parity')
const countsFile = join(here, 'parity-counts.json')
const skip = existsSync(join(folder, 'replay.mjs')) ? false : `SKIPPED: no recorded exchanges at ${folder}`

test('the API server answers recorded requests as kube-apiserver does', { skip }, async () => {
  const { server, url, token } = await startServer()
  try {
    const results = replay(url, token)
    if (process.env.UPDATE) writeFileSync(countsFile, `${JSON.stringify(countsOf(results), null, 2)}\n`)
    const expected = JSON.parse(readFileSync(countsFile, 'utf8')) as Record<string, number>
    const worse: string[] = []
    for (const [file, { passed, failed }] of results) {
      if (passed < (expected[file] ?? 0))
        worse.push(`${file}: ${passed} agree, ${expected[file]} did before\n${failed.join('\n')}`)
    }
    assert.deepEqual(worse, [])
  } finally {
    server.kill()
  }
})

interface Result {
  passed: number
  failed: string[]
}

function replay(url: string, token: string): Map<string, Result> {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-parity-'))
  try {
    const out = join(directory, 'results.json')
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
    const args = [
      '--server',
      url,
      '--token',
      token,
      '--show',
      '0',
      '--json',
      out,
      ...files.map((file) => join(folder, file)),
    ]
    const { error, stderr } = spawnSync(process.execPath, [join(folder, 'replay.mjs'), ...args], { encoding: 'utf8' })
    assert.equal(error, undefined)
    assert.ok(existsSync(out), stderr)
    const results = JSON.parse(readFileSync(out, 'utf8')) as Record<string, Result>
    return new Map(Object.entries(results).map(([file, result]) => [basename(file), result]))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function countsOf(results: Map<string, Result>): Record<string, number> {
  return Object.fromEntries([...results].map(([file, { passed }]): [string, number] => [file, passed]).sort())
}

async function startServer(): Promise<{ server: ChildProcess; url: string; token: string }> {
  const tool = join(here, '../../tools/parity-server.ts')
  const server = spawn(process.execPath, [tool], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: server.stdout })) {
    const [url = '', token = ''] = line.split(' ')
    return { server, url, token }
  }
  throw new Error('the server ended before it listened')
}
