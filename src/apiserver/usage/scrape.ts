/**
 * What nodes and containers use now, from two looks at the counters of each node's agent (`/stats/summary`, through the
 * node proxy). Nobody is asked while nobody wants to know: a question starts looks every 15 seconds for two minutes.
 * https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/
 */
import type { Node } from '../../api/types/core/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import type { NodeProxy, ProxyCall } from '../node-proxy.ts'
import type { Objects } from '../objects.ts'

/** Over the time from `sinceMs` to `atMs`. */
export interface Measured {
  atMs: number
  sinceMs: number
  cpuNanoCores: number
  memoryBytes: number
}

export interface MeasuredPod {
  name: string
  namespace: string
  containers: ReadonlyMap<string, Measured>
}

export interface MeasuredNode {
  node: Measured
  pods: readonly MeasuredPod[]
}

interface Counter {
  atMs: number
  startedMs: number
  cpuNanoSeconds: number
  memoryBytes: number
}

interface Look {
  atMs: number
  counters: ReadonlyMap<string, Counter>
  pods: readonly { name: string; namespace: string; uid: string; containers: readonly string[] }[]
}

interface Stats {
  time?: string
  usageCoreNanoSeconds?: number
  workingSetBytes?: number
}

interface Summary {
  node?: { startTime?: string; cpu?: Stats; memory?: Stats }
  pods?: {
    podRef?: { name?: string; namespace?: string; uid?: string }
    containers?: { name?: string; startTime?: string; cpu?: Stats; memory?: Stats }[]
  }[]
}

const periodMs = 15_000
/** As fresh as this is good enough. */
const freshMs = 10_000
const watchedForMs = 120_000
/** A node that was silent for longer has no use that could be told. */
const staleMs = 60_000
const answerTimeoutMs = 10_000
const nodesAtOnce = 20
const summaryBytesMax = 16 * 1024 * 1024
const serverUser = { name: 'system:apiserver', groups: ['system:masters'], extra: {} }

export interface ScraperParts {
  proxy: NodeProxy
  objects: Objects
  clock: Clock
  /** Ends looking. */
  signal: AbortSignal
  nodes(): Promise<readonly Node[]>
}

export class Scraper {
  readonly #parts: ScraperParts
  readonly #looks = new Map<string, { last: Look; before?: Look }>()
  #wantedMs = Number.NEGATIVE_INFINITY
  #lookedMs = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined
  #isPlanned = false

  constructor(parts: ScraperParts) {
    this.#parts = parts
  }

  /** By node; those that cannot be reached are left out. */
  async measured(): Promise<ReadonlyMap<string, MeasuredNode>> {
    const { clock } = this.#parts
    this.#wantedMs = clock.monotonicMs()
    await this.#look()
    this.#plan()
    const found = new Map<string, MeasuredNode>()
    for (const [name, looks] of this.#looks) {
      if (clock.nowMs() - looks.last.atMs < staleMs) found.set(name, measuredOf(looks))
    }
    return found
  }

  #plan(): void {
    const { clock, signal } = this.#parts
    if (this.#isPlanned || signal.aborted) return
    this.#isPlanned = true
    const cancel = clock.after(periodMs, () => {
      signal.removeEventListener('abort', cancel)
      this.#isPlanned = false
      if (clock.monotonicMs() - this.#wantedMs > watchedForMs) return
      void this.#look().then(() => this.#plan())
    })
    signal.addEventListener('abort', cancel, { once: true })
  }

  /** Unless the last one is fresh. One at a time: who asks meanwhile gets the same. Never rejects. */
  async #look(): Promise<void> {
    if (this.#parts.clock.monotonicMs() - this.#lookedMs < freshMs) return
    this.#looking ??= this.#lookAtAll()
      .catch(() => undefined)
      .finally(() => {
        this.#looking = undefined
      })
    await this.#looking
  }

  async #lookAtAll(): Promise<void> {
    const nodes = [...(await this.#parts.nodes())]
    const known = new Set(nodes.map(({ metadata }) => metadata.name))
    for (const name of this.#looks.keys()) if (!known.has(name)) this.#looks.delete(name)
    const worker = async (): Promise<void> => {
      for (let node = nodes.pop(); node; node = nodes.pop()) await this.#lookAt(node).catch(() => undefined)
    }
    await Promise.all(Array.from({ length: Math.min(nodesAtOnce, nodes.length) }, worker))
    this.#lookedMs = this.#parts.clock.monotonicMs()
  }

  async #lookAt(node: Node): Promise<void> {
    const { name = '' } = node.metadata
    const look = lookOf(await this.#summary(node), this.#parts.clock.nowMs())
    const known = this.#looks.get(name)
    // Two looks too close together measure nothing, and what lies far back says little about now.
    const earlier = known && look.atMs - known.last.atMs < freshMs / 2 ? known.before : known?.last
    const before = earlier && look.atMs - earlier.atMs < staleMs * 2 ? earlier : undefined
    this.#looks.set(name, before ? { last: look, before } : { last: look })
  }

  async #summary(node: Node): Promise<Summary> {
    const { proxy, objects, clock, signal } = this.#parts
    const late = new AbortController()
    const cancel = clock.after(answerTimeoutMs, () => late.abort(new Error('the node took too long to answer')))
    try {
      const call: ProxyCall = {
        ...{ resource: 'nodes', subresource: 'proxy', namespace: '', name: node.metadata.name ?? '', object: node },
        ...{ base: '', path: '/stats/summary', user: serverUser, objects },
        request: {
          ...{ method: 'GET', path: '/stats/summary', headers: {}, body: new Uint8Array(), remoteAddress: '' },
          query: new URLSearchParams({ only_cpu_and_memory: 'true' }),
          signal: AbortSignal.any([late.signal, signal]),
        },
      }
      const { status, body } = await proxy.request(call)
      if (status !== 200) throw new Error(`the node answered ${status}`)
      return JSON.parse(await textOf(body)) as Summary
    } finally {
      cancel()
    }
  }
}

async function textOf(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8')
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > summaryBytesMax) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const nodeKey = ''

function lookOf({ node, pods = [] }: Summary, nowMs: number): Look {
  const counters = new Map<string, Counter>()
  const add = (key: string, of: { startTime?: string; cpu?: Stats; memory?: Stats } | undefined): boolean => {
    const { usageCoreNanoSeconds, time } = of?.cpu ?? {}
    const { workingSetBytes } = of?.memory ?? {}
    if (usageCoreNanoSeconds === undefined || workingSetBytes === undefined) return false
    const atMs = Date.parse(time ?? '') || nowMs
    const startedMs = Date.parse(of?.startTime ?? '') || atMs
    counters.set(key, { atMs, startedMs, cpuNanoSeconds: usageCoreNanoSeconds, memoryBytes: workingSetBytes })
    return true
  }
  add(nodeKey, node)
  const seen: Look['pods'][number][] = []
  for (const { podRef, containers = [] } of pods) {
    const { name = '', namespace = '', uid = '' } = podRef ?? {}
    const told = containers.map((each) => add(`${uid}/${each.name}`, each))
    // A pod is told of whole or not at all.
    if (told.length > 0 && told.every(Boolean)) {
      seen.push({ name, namespace, uid, containers: containers.map((each) => each.name ?? '') })
    }
  }
  return { atMs: nowMs, counters, pods: seen }
}

function measuredOf({ last, before }: { last: Look; before?: Look }): MeasuredNode {
  const none: Measured = { atMs: last.atMs, sinceMs: last.atMs, cpuNanoCores: 0, memoryBytes: 0 }
  const of = (key: string): Measured => {
    const counter = last.counters.get(key)
    return counter ? rateOf(counter, before?.counters.get(key)) : none
  }
  return {
    node: of(nodeKey),
    pods: last.pods.map(({ name, namespace, uid, containers }) => ({
      ...{ name, namespace },
      containers: new Map(containers.map((container) => [container, of(`${uid}/${container}`)])),
    })),
  }
}

/** Without an earlier look at the same run of it: since it started. */
function rateOf(counter: Counter, before: Counter | undefined): Measured {
  const { atMs, startedMs, cpuNanoSeconds, memoryBytes } = counter
  const isSameRun =
    before && before.atMs < atMs && before.startedMs === startedMs && before.cpuNanoSeconds <= cpuNanoSeconds
  const from = isSameRun ? before : { atMs: startedMs, cpuNanoSeconds: 0 }
  const seconds = Math.max((atMs - from.atMs) / 1000, 1)
  const cpuNanoCores = Math.round((cpuNanoSeconds - from.cpuNanoSeconds) / seconds)
  return { atMs, sinceMs: Math.min(from.atMs, atMs), cpuNanoCores, memoryBytes }
}
