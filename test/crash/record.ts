/**
 * Everything a process did to the files of one directory, in order, as strace saw it: writes, truncations, syncs, names
 * made and removed, and what it said meanwhile.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workload } from './kill.ts'

export type Step =
  | { type: 'write'; path: string; offset: number; data: Buffer }
  | { type: 'truncate'; path: string; size: number }
  /** All that was done to the file before `begun` (an index of steps) is on disk from here on. */
  | { type: 'sync'; path: string; begun: number }
  | { type: 'create'; path: string }
  | { type: 'remove'; path: string }
  | { type: 'rename'; path: string; to: string }
  | { type: 'say'; text: string }

export const straceThere = spawnSync('strace', ['--version']).status === 0

const calls = 'openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,unlink,close'

/** Runs the workload to its end. */
export function record({ seed, directory, plant = '' }: { seed: number; directory: string; plant?: string }): Step[] {
  const trace = join(directory, 'trace')
  const path = join(directory, 'store', 'store.db')
  const argv = ['-f', '-y', '-xx', '-s', '200000', '-o', trace, '--seccomp-bpf', '-e', `trace=${calls}`]
  const node = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    workload,
    path,
    String(seed),
    '250',
    '1',
    plant,
  ]
  const { status, stderr } = spawnSync('strace', [...argv, ...node], { stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`recording failed: ${stderr}`)
  return parseTrace(readFileSync(trace, 'latin1'), join(directory, 'store'))
}

interface Unfinished {
  text: string
  begun: number
}

export function parseTrace(text: string, directory: string): Step[] {
  const steps: Step[] = []
  const unfinished = new Map<string, Unfinished>()
  const positions = new Map<string, number>()
  const names = new Set<string>()
  for (const line of text.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (rest.endsWith('<unfinished ...>')) {
      const call = rest.slice(0, -'<unfinished ...>'.length).trimEnd()
      unfinished.set(pid, { text: call, begun: steps.length })
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    const before = resumed ? unfinished.get(pid) : undefined
    const whole = before ? before.text + resumed![1] : rest
    const step = stepOf(whole, before?.begun ?? steps.length, { directory, positions, names })
    if (step) steps.push(step)
  }
  return steps
}

interface Context {
  directory: string
  positions: Map<string, number>
  names: Set<string>
}

function stepOf(call: string, begun: number, context: Context): Step | undefined {
  const [, name = '', argumentsText = '', result = ''] = /^(\w+)\((.*)\) += (-?\d+)/s.exec(call) ?? []
  if (name === '' || Number(result) < 0) return undefined
  if (name === 'write' && argumentsText.startsWith('1<'))
    return { type: 'say', text: bytesOf(argumentsText).toString() }
  if (name === 'openat') return created(call, argumentsText, context)
  if (name === 'unlink' || name === 'rename') return named(name, argumentsText, context)
  const path = pathOf(argumentsText)
  if (!path.startsWith(context.directory)) return undefined
  const descriptor = argumentsText.slice(0, argumentsText.indexOf('<'))
  if (name === 'fsync' || name === 'fdatasync') return { type: 'sync', path, begun }
  if (name === 'ftruncate') return { type: 'truncate', path, size: Number(/, (\d+)$/.exec(argumentsText)?.[1]) }
  if (name === 'pwrite64') {
    return { type: 'write', path, offset: Number(/, (\d+)$/.exec(argumentsText)?.[1]), data: bytesOf(argumentsText) }
  }
  if (name !== 'write') return undefined
  const offset = context.positions.get(descriptor) ?? 0
  const data = bytesOf(argumentsText)
  context.positions.set(descriptor, offset + data.length)
  return { type: 'write', path, offset, data }
}

/** A name that is opened with O_CREAT for the first time. */
function created(call: string, argumentsText: string, { directory, positions, names }: Context): Step | undefined {
  const descriptor = /= (\d+)</.exec(call)?.[1]
  if (descriptor) positions.set(descriptor, 0)
  const path = bytesOf(argumentsText).toString()
  if (!path.startsWith(directory) || !argumentsText.includes('O_CREAT') || names.has(path)) return undefined
  names.add(path)
  return { type: 'create', path }
}

function named(name: 'unlink' | 'rename', argumentsText: string, { directory, names }: Context): Step | undefined {
  const [path = '', to = ''] = [...argumentsText.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex]) =>
    unhex(hex!).toString(),
  )
  if (!path.startsWith(directory)) return undefined
  names.delete(path)
  if (name === 'unlink') return { type: 'remove', path }
  names.add(to)
  return { type: 'rename', path, to }
}

/** `21<\x2f\x74…>`: descriptors come with their path. */
function pathOf(argumentsText: string): string {
  const shown = argumentsText.slice(argumentsText.indexOf('<') + 1, argumentsText.indexOf('>'))
  return shown.startsWith('\\x') ? unhex(shown).toString() : shown
}

function bytesOf(argumentsText: string): Buffer {
  const start = argumentsText.indexOf('"') + 1
  return unhex(argumentsText.slice(start, argumentsText.indexOf('"', start)))
}

function unhex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex')
}
