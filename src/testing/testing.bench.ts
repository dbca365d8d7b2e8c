/**
 * How fast clusters inside tests are, against what was set as a goal: start to first answer, to a Ready Deployment, forks
 * and resets of 1,000 objects, memory of many clusters in one process, thousands of nodes and pods.
 *
 *     script/bench testing [part] [scale]
 *
 * Without a part each runs in a process of its own and a table compares. Parts: start, fork, memory, scale, year; scale
 * shrinks or grows the counts (default 1). Source of the goals for nodes and pods: ten times kwok's own gates of 83
 * nodes/s and 167 pods/s.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { startCluster } from './cluster.ts'
import type { TestCluster } from './test-cluster.ts'

type Figures = Record<string, number | string>

const now = (): number => performance.now()
const rounded = (value: number): number => Math.round(value * 10) / 10

export const parts: Record<string, (scale: number) => Promise<Figures>> = {
  async start() {
    const starts: number[] = []
    const readies: number[] = []
    for (let round = 0; round < 5; round++) {
      const startMs = now()
      await using cluster = await startCluster({ nodes: 3 })
      await cluster.client.core.v1.nodes().list()
      starts.push(now() - startMs)
      await cluster.apply(deployment('web', 3))
      await cluster.settled()
      readies.push(now() - startMs)
    }
    return {
      firstStartMs: rounded(starts[0] ?? 0),
      startMs: rounded(median(starts)),
      firstReadyMs: rounded(readies[0] ?? 0),
      readyMs: rounded(median(readies)),
    }
  },

  async fork(scale) {
    await using cluster = await startCluster({ https: false })
    const count = Math.ceil(1_000 * scale)
    for (let index = 0; index < count; index++) await cluster.client.core.v1.configMaps('default').create(object(index))
    await cluster.settled()
    const forks: number[] = []
    for (let round = 0; round < 20; round++) {
      const startMs = now()
      const branch = cluster.fork()
      await branch.client.core.v1.configMaps('default').get('object-0')
      forks.push(now() - startMs)
      await branch.stop()
    }
    const resets: number[] = []
    for (let round = 0; round < 10; round++) {
      const startMs = now()
      await cluster.reset()
      await cluster.client.core.v1.nodes().list()
      resets.push(now() - startMs)
    }
    return { forkMs: rounded(median(forks)), resetMs: rounded(median(resets)) }
  },

  async memory(scale) {
    const clusters: TestCluster[] = [await startCluster()]
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    const count = Math.max(2, Math.ceil(49 * scale))
    for (let index = 0; index < count; index++) clusters.push(await startCluster())
    globalThis.gc?.()
    const bytes = (process.memoryUsage().rss - before) / count
    for (const cluster of clusters) await cluster.stop()
    return { clusters: count, megabytesEach: rounded(bytes / 1024 / 1024) }
  },

  async scale(scale) {
    const nodes = Math.ceil(5_000 * scale)
    const pods = Math.ceil(10_000 * scale)
    await using cluster = await startCluster({ nodes: 0, https: false, podEvents: false, settleTimeout: '10m' })
    const startMs = now()
    await cluster.nodes.add(nodes)
    await cluster.settled()
    const nodesMs = now() - startMs
    const bound = await podsPerSecond(cluster, {
      prefix: 'bound',
      pods,
      nodeName: (index) => `node-${(index % nodes) + 1}`,
    })
    const scheduled = await podsPerSecond(cluster, { prefix: 'scheduled', pods })
    return {
      nodes,
      nodesPerSecond: Math.round((nodes / nodesMs) * 1_000),
      pods,
      // As kwok's gate has them: their node is named when they are created.
      podsPerSecond: bound,
      scheduledPodsPerSecond: scheduled,
    }
  },

  async year(scale) {
    await using cluster = await startCluster({ https: false, startTime: '2030-01-01T00:00:00Z' })
    await cluster.apply(monthly)
    const startMs = now()
    const days = Math.ceil(365 * scale)
    await cluster.clock.advance(`${days}d`)
    const tookMs = now() - startMs
    const jobs = (await cluster.client.batch.v1.jobs('default').list()).items.map(({ metadata }) => metadata.name)
    const hash = createHash('sha256').update(jobs.join()).digest('hex').slice(0, 12)
    return { days, tookMs: rounded(tookMs), hash }
  },
}

/** From the first create until all run, with nothing else to do. */
async function podsPerSecond(
  cluster: TestCluster,
  { prefix, pods, nodeName }: { prefix: string; pods: number; nodeName?: (index: number) => string },
): Promise<number> {
  const startMs = now()
  const api = cluster.client.core.v1.pods('default')
  const containers = [{ name: 'c', image: 'web:1' }]
  for (let index = 0; index < pods; index++) {
    const spec = nodeName ? { containers, nodeName: nodeName(index) } : { containers }
    await api.create({ metadata: { name: `${prefix}-${index}` }, spec })
  }
  await cluster.settled()
  const tookMs = now() - startMs
  const { items } = await api.list({ fieldSelector: 'status.phase=Running' })
  const running = items.filter(({ metadata }) => metadata.name?.startsWith(`${prefix}-`)).length
  if (running !== pods) throw new Error(`of ${pods} pods ${running} run`)
  return Math.round((pods / tookMs) * 1_000)
}

const monthly = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'monthly' },
  spec: {
    schedule: '0 6 1 * *',
    timeZone: 'Etc/UTC',
    jobTemplate: {
      spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c', image: 'i' }] } } },
    },
  },
}

function deployment(name: string, replicas: number) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
    },
  }
}

function object(index: number) {
  return { metadata: { name: `object-${index}` }, data: { text: 'some text '.repeat(10) } }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

interface Goal {
  part: string
  figure: string
  what: string
  unit: string
  /** Source: the goals this library was built to. */
  atMost?: number
  atLeast?: number
}

export const goals: readonly Goal[] = [
  { part: 'start', figure: 'startMs', what: 'start to first answer, warm', unit: 'ms', atMost: 300 },
  { part: 'start', figure: 'readyMs', what: 'start to a Ready 3-replica Deployment', unit: 'ms', atMost: 500 },
  { part: 'fork', figure: 'forkMs', what: 'fork of 1,000 objects to its first answer', unit: 'ms', atMost: 10 },
  { part: 'fork', figure: 'resetMs', what: 'reset of 1,000 objects to the first answer', unit: 'ms', atMost: 10 },
  { part: 'memory', figure: 'megabytesEach', what: 'each of 50 clusters in one process', unit: 'MB', atMost: 15 },
  { part: 'scale', figure: 'nodesPerSecond', what: 'nodes registered', unit: '/s', atLeast: 830 },
  { part: 'scale', figure: 'podsPerSecond', what: 'pods run', unit: '/s', atLeast: 1_670 },
  { part: 'scale', figure: 'scheduledPodsPerSecond', what: 'pods scheduled and run', unit: '/s' },
  { part: 'year', figure: 'tookMs', what: 'a year with a monthly CronJob', unit: 'ms', atMost: 1_000 },
]

export function table(figures: Readonly<Record<string, Figures>>): string {
  const rows = goals.map(({ part, figure, what, unit, atMost, atLeast }) => {
    const value = Number(figures[part]?.[figure])
    const met = value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? 0)
    const goal = atMost !== undefined ? `at most ${atMost}` : atLeast !== undefined ? `at least ${atLeast}` : ''
    return [what, `${value} ${unit}`, goal === '' ? '' : `${goal} ${unit}`, goal === '' ? '' : met ? 'met' : 'MISSED']
  })
  const all = [['', 'measured', 'goal', ''], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = ([what = '', measured = '', ...rest]: string[]) =>
    [what.padEnd(widths[0] ?? 0), measured.padStart(widths[1] ?? 0), rest[0]?.padEnd(widths[2] ?? 0), rest[1]]
      .join('  ')
      .trimEnd()
  return `${all.map(line).join('\n')}\n`
}

/** In a process of its own, so that no part warms up or burdens another. */
function measured(part: string, scale: string): Figures {
  const words = [...process.execArgv, import.meta.filename, part, scale]
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 600_000 })
  if (status !== 0) throw new Error(`the part ${part} failed: ${stderr}`)
  return JSON.parse(stdout.slice(part.length)) as Figures
}

if (import.meta.main) {
  const [wanted = 'all', scale = '1'] = process.argv.slice(2)
  const part = parts[wanted]
  if (part) process.stdout.write(`${wanted} ${JSON.stringify(await part(Number(scale)))}\n`)
  else if (wanted !== 'all') {
    throw new Error(`there is no part ${JSON.stringify(wanted)}; there are: all, ${Object.keys(parts).join(', ')}`)
  } else {
    const figures = Object.fromEntries(Object.keys(parts).map((name) => [name, measured(name, scale)]))
    process.stdout.write(table(figures))
  }
}
