/**
 * What a disk may hold after the power was cut at some step: all that was synced, and of the rest any part. Unsynced
 * writes are lost, kept, or torn at sectors, each by itself, so that later ones may be there without earlier ones; names
 * come and go in order, as a journal keeps them.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Random } from '../../src/platform/random.ts'
import type { Step } from './record.ts'

type Change = { step: number } & Extract<Step, { type: 'write' | 'truncate' }>
type NameChange = { step: number } & Extract<Step, { type: 'create' | 'remove' | 'rename' }>

interface File {
  durable: Buffer
  pending: Change[]
}

const sectorBytes = 512

/** The disk as steps go by. */
export class DiskModel {
  readonly #directory: string
  #names = new Map<string, File>()
  #durableNames = new Map<string, File>()
  #pendingNames: NameChange[] = []
  #step = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  apply(step: Step): void {
    const index = this.#step++
    if (step.type === 'create' || step.type === 'remove' || step.type === 'rename') {
      changeName(this.#names, step)
      this.#pendingNames.push({ ...step, step: index })
    } else if (step.type === 'write' || step.type === 'truncate') {
      this.#names.get(step.path)?.pending.push({ ...step, step: index })
    } else if (step.type === 'sync') this.#sync(step.path, step.begun)
  }

  #sync(path: string, begun: number): void {
    if (path === this.#directory) {
      // Names are one thing, what stands under them another: both sides see the same files.
      for (const change of this.#pendingNames.filter(({ step }) => step < begun)) {
        const file = this.#names.get('to' in change ? change.to : change.path)
        changeName(this.#durableNames, change, file)
      }
      this.#pendingNames = this.#pendingNames.filter(({ step }) => step >= begun)
      return
    }
    const file = this.#names.get(path)
    if (!file) return
    for (const change of file.pending.filter(({ step }) => step < begun)) file.durable = changed(file.durable, change)
    file.pending = file.pending.filter(({ step }) => step >= begun)
  }

  /** Writes one possible outcome into `target`. */
  image(target: string, random: Random): void {
    mkdirSync(target, { recursive: true })
    const names = new Map(this.#durableNames)
    for (const change of this.#pendingNames.slice(0, random.int(this.#pendingNames.length + 1))) {
      changeName(names, change, this.#names.get('to' in change ? change.to : change.path))
    }
    const style = random.int(5)
    for (const [path, file] of names) {
      let content = file.durable
      for (const change of file.pending) content = survived(content, change, style, random)
      writeFileSync(join(target, basename(path)), content, { mode: 0o600 })
    }
  }
}

function changeName(
  names: Map<string, File>,
  change: Extract<Step, { type: 'create' | 'remove' | 'rename' }>,
  known?: File,
): void {
  const there = names.get(change.path)
  if (change.type === 'create') {
    if (!there) names.set(change.path, known ?? { durable: Buffer.alloc(0), pending: [] })
    return
  }
  names.delete(change.path)
  const file = known ?? there
  if (change.type === 'rename' && file) names.set(change.to, file)
}

/** Styles: all lost, all kept, each kept or lost, each torn too, only the first ones lost. */
function survived(content: Buffer, change: Change, style: number, random: Random): Buffer {
  if (style === 0) return content
  if (style === 1) return changed(content, change)
  const draw = random.int(style === 4 ? 8 : 2)
  if (draw === 0) return content
  if (style === 3 && change.type === 'write' && random.int(3) === 0) return torn(content, change, random)
  return changed(content, change)
}

function torn(
  content: Buffer,
  { path, offset, data, step }: Extract<Change, { type: 'write' }>,
  random: Random,
): Buffer {
  let result = content
  for (let start = 0; start < data.length; start += sectorBytes) {
    if (random.int(2) === 0) continue
    const piece = data.subarray(start, start + sectorBytes)
    result = changed(result, { type: 'write', path, step, offset: offset + start, data: piece })
  }
  return result
}

function changed(content: Buffer, change: Change): Buffer {
  if (change.type === 'truncate') {
    return change.size <= content.length
      ? Buffer.from(content.subarray(0, change.size))
      : Buffer.concat([content, Buffer.alloc(change.size - content.length)])
  }
  const { offset, data } = change
  const result = Buffer.alloc(Math.max(content.length, offset + data.length))
  content.copy(result)
  data.copy(result, offset)
  return result
}
