/** Servers that the bench starts itself: by a command it was given, or `bin/k8ts apiserver` on a directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection, type Target } from './connection.ts'

export interface StartedServer {
  target: Target
  /** From the start of the process to the first answer of /readyz. */
  startMs: number
  /** Ends the server and starts it again on what it has stored. @returns as `startMs` */
  restart(): Promise<number>
  stop(): Promise<void>
}

export interface OwnServer extends StartedServer {
  remove(): Promise<void>
}

const program = fileURLToPath(new URL('../../bin/k8ts', import.meta.url))
const readyPollMs = 10
const readyTimeoutMs = 60_000
const stopTimeoutMs = 20_000

/** The process that `argv` starts comes first in the target's `pids` from now on. */
export async function startBy(target: Target, argv: readonly [string, ...string[]]): Promise<StartedServer> {
  let child: ChildProcess
  const pids = [...target.pids]
  const running: Target = { ...target, pids }
  const start = async (): Promise<number> => {
    const startMs = performance.now()
    child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] })
    pids.splice(0, pids.length, child.pid!, ...target.pids)
    await ready(running, child)
    return performance.now() - startMs
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(late)
  }
  const startMs = await start().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    ...{ target: running, startMs, stop },
    async restart() {
      await stop()
      return await start()
    },
  }
}

export async function startOwn(): Promise<OwnServer> {
  const directory = await mkdtemp(join(tmpdir(), 'k8ts-bench-'))
  const token = randomBytes(16).toString('hex')
  const tokens = join(directory, 'tokens.csv')
  await writeFile(tokens, `${token},bench,bench,"system:masters"\n`, { mode: 0o600 })
  const port = await freePort()
  const words = ['--secure-port', String(port), '--bind-address', '127.0.0.1', '--token-auth-file', tokens]
  const target: Target = { name: 'k8ts', url: new URL(`https://127.0.0.1:${port}`), token, pids: [] }
  const started = await startBy(target, [program, 'apiserver', '--data-dir', join(directory, 'data'), ...words])
  return {
    ...started,
    async remove() {
      await started.stop()
      await rm(directory, { recursive: true })
    },
  }
}

async function ready(target: Target, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`${target.name} ended with code ${child.exitCode}`)
    const connection = await Connection.open(target).catch(() => undefined)
    const answer = await connection?.request({ method: 'GET', path: '/readyz' }).catch(() => undefined)
    connection?.close()
    if (answer?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, readyPollMs))
  }
  throw new Error(`${target.name} did not get ready`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
