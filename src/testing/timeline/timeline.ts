/** What every component did, in order: writes with who made them, time passing, nodes, faults. */
import { limits } from '../../limits.ts'
import type { RequestRecord } from '../activity/activity.ts'

export interface TimelineEntry {
  atMs: number
  /** Who did it. */
  component: string
  text: string
  /** Of a request; undefined for notes. */
  status?: number
}

export class Timeline {
  readonly #nowMs: () => number
  #entries: TimelineEntry[] = []
  #dropped = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get entries(): readonly TimelineEntry[] {
    return this.#entries
  }

  /** How many were dropped. */
  get dropped(): number {
    return this.#dropped
  }

  note(component: string, text: string): void {
    this.#add({ atMs: this.#nowMs(), component, text })
  }

  /** Writes, and whatever was refused. */
  request({ component, method, path, status }: RequestRecord): void {
    if (method === 'GET' && status < 400) return
    this.#add({ atMs: this.#nowMs(), component, text: `${verbs[method] ?? method} ${placeOf(path)}`, status })
  }

  clear(): void {
    this.#entries = []
    this.#dropped = 0
  }

  /** One line each: moment, component, what it did, how it went. */
  text(): string {
    const width = Math.max(4, ...this.#entries.map(({ component }) => component.length))
    const head = this.#dropped > 0 ? [`… ${this.#dropped} earlier entries were dropped`] : []
    return [...head, ...this.#entries.map((entry) => lineOf(entry, width))].join('\n')
  }

  #add(entry: TimelineEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length <= limits.timelineEntriesMax) return
    const dropped = Math.ceil(limits.timelineEntriesMax / 10)
    this.#entries.splice(0, dropped)
    this.#dropped += dropped
  }
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

/** `pods default/web-0 status`, from a request's path. */
export function placeOf(path: string): string {
  const [plain = ''] = path.split('?')
  const words = plain.split('/').filter((word) => word !== '')
  const rest = words[0] === 'api' ? words.slice(2) : words[0] === 'apis' ? words.slice(3) : words
  if (words[0] !== 'api' && words[0] !== 'apis') return plain
  const [first = '', namespace = '', resource = '', name, ...sub] = rest
  if (first === 'namespaces' && resource !== '' && resource !== 'status' && resource !== 'finalize') {
    return [resource, name === undefined ? `${namespace}/` : `${namespace}/${name}`, ...sub].join(' ')
  }
  return rest.join(' ')
}

function lineOf({ atMs, component, text, status }: TimelineEntry, width: number): string {
  const moment = new Date(atMs).toISOString().replace('T', ' ').replace('Z', '')
  const outcome = status === undefined || status < 300 ? '' : ` → ${status}`
  return `${moment}  ${component.padEnd(width)}  ${text}${outcome}`
}
