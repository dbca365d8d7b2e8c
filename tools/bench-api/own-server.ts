/** `bin/k8ts apiserver` on a directory of its own, for a bench that was given no server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection, type Target } from './connection.ts'

export interface OwnServer {
  target: Target
  /** From the start of the process to the first answer of /readyz. */
  startMs: number
  /** Ends the server and starts it again on what it has stored. @returns as `startMs` */
  restart(): Promise<number>
  remove(): Promise<void>
}

const program = fileURLToPath(new URL('../../bin/k8ts', import.meta.url))
const readyPollMs = 10
const readyTimeoutMs = 60_000

export async function startOwn(): Promise<OwnServer> {
  const directory = await mkdtemp(join(tmpdir(), 'k8ts-bench-'))
  const token = randomBytes(16).toString('hex')
  const tokens = join(directory, 'tokens.csv')
  await writeFile(tokens, `${token},bench,bench,"system:masters"\n`, { mode: 0o600 })
  const port = await freePort()
  const words = ['--secure-port', String(port), '--bind-address', '127.0.0.1', '--token-auth-file', tokens]
  let child: ChildProcess
  const pids: number[] = []
  const target: Target = { name: 'k8ts', url: new URL(`https://127.0.0.1:${port}`), token, pids }
  const start = async (): Promise<number> => {
    const startMs = performance.now()
    child = spawn(program, ['apiserver', '--data-dir', join(directory, 'data'), ...words], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    pids.splice(0, pids.length, child.pid!)
    await ready(target, child)
    return performance.now() - startMs
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  const startMs = await start()
  return {
    ...{ target, startMs },
    async restart() {
      await stop()
      return await start()
    },
    async remove() {
      await stop()
      await rm(directory, { recursive: true })
    },
  }
}

async function ready(target: Target, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`k8ts apiserver ended with code ${child.exitCode}`)
    const connection = await Connection.open(target).catch(() => undefined)
    const answer = await connection?.request({ method: 'GET', path: '/readyz' }).catch(() => undefined)
    connection?.close()
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, readyPollMs))
  }
  throw new Error('k8ts apiserver did not get ready')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
