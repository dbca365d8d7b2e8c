/**
 * The machine's processes. Output is bounded (`limits.execOutputBytesMax`), a run that takes too long is killed, and
 * children that were not detached end with this process.
 */
import { type ChildProcess, spawn as spawnChild } from 'node:child_process'
import * as fs from 'node:fs'
import { constants as osConstants } from 'node:os'
import { limits } from '../../limits.ts'
import type { Exec, ExecOptions, ExecResult, RunningProcess, SpawnOptions } from '../exec.ts'

/** A run that was ended by us: code 'ETIMEDOUT' or 'ENOBUFS' (too much output). */
export class ExecError extends Error {
  readonly code: 'ETIMEDOUT' | 'ENOBUFS'
  constructor(code: 'ETIMEDOUT' | 'ENOBUFS', message: string) {
    super(message)
    this.name = 'ExecError'
    this.code = code
  }
}

export function realExec(): Exec {
  const children = new Set<ChildProcess>()
  let hooked = false
  const keep = (child: ChildProcess): void => {
    if (!hooked) process.once('exit', () => children.forEach((each) => void each.kill('SIGKILL')))
    hooked = true
    children.add(child)
    child.once('exit', () => children.delete(child))
  }
  return {
    run: (argv, options = {}) => run(argv, options, keep),
    spawn: (argv, options = {}) => spawn(argv, options, keep),
    attach: (argv, options = {}) => attach(argv, options, keep),
    alive,
    signal: (pid, signal) => void process.kill(pid, signal),
  }
}

function attach(
  argv: readonly string[],
  options: Pick<ExecOptions, 'env' | 'cwd'>,
  keep: (child: ChildProcess) => void,
): Promise<number> {
  const [program = '', ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawnChild(program, args, { ...placeOf(options), stdio: 'inherit' })
    keep(child)
    // The terminal sends ^C to both; the child decides what it means.
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
    const ignore = (): void => {}
    process.on('SIGTERM', forward).on('SIGINT', ignore)
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.off('SIGTERM', forward).off('SIGINT', ignore)
      resolve(code ?? 128 + (signal ? osConstants.signals[signal] : 0))
    })
  })
}

function run(argv: readonly string[], options: ExecOptions, keep: (child: ChildProcess) => void): Promise<ExecResult> {
  const { timeoutMs = limits.execTimeoutMs, signal } = options
  const [program = '', ...args] = argv
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const child = spawnChild(program, args, { ...placeOf(options), stdio: ['pipe', 'pipe', 'pipe'] })
    keep(child)
    const end = (error: unknown): void => {
      settle()
      child.kill('SIGKILL')
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
      reject(error)
    }
    const onAbort = (): void => end(signal?.reason)
    const timer = setTimeout(
      () => end(new ExecError('ETIMEDOUT', `running ${program}: not finished after ${timeoutMs} ms`)),
      timeoutMs,
    )
    const settle = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    const output = collect(child, () => {
      end(new ExecError('ENOBUFS', `running ${program}: more than ${limits.execOutputBytesMax} bytes of output`))
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    child.once('error', end)
    child.once('close', (code, by) => {
      settle()
      resolve({ exitCode: exitCodeOf(code, by), stdout: text(output.stdout), stderr: text(output.stderr) })
    })
    // A program may end without reading its input; its exit code tells what happened.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

function collect(child: ChildProcess, onOverflow: () => void): { stdout: Uint8Array[]; stderr: Uint8Array[] } {
  const output = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
  let total = 0
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Uint8Array) => {
      total += chunk.length
      if (total > limits.execOutputBytesMax) onOverflow()
      else output[name].push(chunk)
    })
  }
  return output
}

async function spawn(
  argv: readonly string[],
  options: SpawnOptions,
  keep: (child: ChildProcess) => void,
): Promise<RunningProcess> {
  const [program = '', ...args] = argv
  const { detached = false, logPath } = options
  const log = logPath === undefined ? 'ignore' : fs.openSync(logPath, 'a', 0o600)
  try {
    const child = spawnChild(program, args, { ...placeOf(options), detached, stdio: ['ignore', log, log] })
    const exited = new Promise<number>((resolve) => {
      child.once('exit', (code, by) => resolve(exitCodeOf(code, by)))
    })
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject)
      child.once('spawn', resolve)
    })
    if (detached) child.unref()
    else keep(child)
    return { pid: child.pid!, exited, kill: (signal = 'SIGTERM') => void child.kill(signal) }
  } finally {
    if (typeof log === 'number') fs.closeSync(log)
  }
}

function placeOf(options: { env?: Record<string, string>; cwd?: string }): { env: NodeJS.ProcessEnv; cwd?: string } {
  const env = { ...process.env, ...options.env }
  return options.cwd === undefined ? { env } : { env, cwd: options.cwd }
}

function exitCodeOf(code: number | null, by: NodeJS.Signals | null): number {
  return code ?? 128 + (by === null ? 0 : osConstants.signals[by])
}

function text(chunks: Uint8Array[]): string {
  return Buffer.concat(chunks).toString('utf8')
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
