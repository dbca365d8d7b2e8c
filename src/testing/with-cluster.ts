/**
 * A cluster for each test, in any test runner: `test('name', withCluster(async (cluster) => { … }))`. The first test that
 * needs it starts a cluster, each test gets a branch of it, and a failing one gets its timeline.
 */

import { startCluster } from './cluster.ts'
import type { ClusterOptions } from './options.ts'
import { real } from './real.ts'
import type { TestCluster } from './test-cluster.ts'
import { timelinePage } from './timeline/page.ts'

/** Hooks of a test runner: `{ before, after }` of `node:test`, `{ beforeAll, afterAll }` of Vitest and Jest. */
export type Hooks =
  | { before(run: () => Promise<void>): void; after(run: () => Promise<void>): void }
  | { beforeAll(run: () => Promise<void>): void; afterAll(run: () => Promise<void>): void }

export interface WithClusterOptions extends ClusterOptions {
  /** A folder for pages of failing tests' timelines. Default `$K8TS_TIMELINE_DIR`; none is written without. */
  timelineDirectory?: string
}

const shared = new Map<string, Promise<TestCluster>>()
const noOptions: WithClusterOptions = {}

/**
 * The body of a test with a cluster of its own. Tests with the same options branch off the same start. Options that
 * hold functions are told apart by identity: keep them in a constant.
 */
export function withCluster<Context = unknown>(
  body: (cluster: TestCluster, context: Context) => Promise<void> | void,
  options: WithClusterOptions = noOptions,
): (...context: Context[]) => Promise<void> {
  // Without a parameter: Jest takes one for its `done`.
  return async (...[context]) => {
    const origin = await sharedCluster(options)
    await runTest(origin.fork(), (cluster) => body(cluster, context as Context), options)
  }
}

function clusterOptions({ timelineDirectory: _, ...options }: WithClusterOptions): ClusterOptions {
  return options
}

async function runTest(
  cluster: TestCluster,
  body: (cluster: TestCluster) => Promise<void> | void,
  options: WithClusterOptions,
): Promise<void> {
  try {
    await body(cluster)
  } catch (error) {
    throw await withTimeline(error, cluster, options)
  } finally {
    await cluster.stop()
  }
}

export interface FileCluster {
  /** Throws before the first test. */
  readonly current: TestCluster
  /** The body of a test with a branch of it, taken when the test starts. A failing one gets the branch's timeline. */
  branch<Context = unknown>(
    body: (cluster: TestCluster, context: Context) => Promise<void> | void,
  ): (...context: Context[]) => Promise<void>
}

/** One cluster for all tests of a file or a suite: started and stopped by its hooks. */
export function useCluster(hooks: Hooks, options: WithClusterOptions = {}): FileCluster {
  let cluster: TestCluster | undefined
  const start = async (): Promise<void> => {
    cluster = await startCluster(clusterOptions(options))
  }
  const stop = async (): Promise<void> => cluster?.stop()
  if ('before' in hooks) {
    hooks.before(start)
    hooks.after(stop)
  } else {
    hooks.beforeAll(start)
    hooks.afterAll(stop)
  }
  const current = (): TestCluster => {
    if (!cluster) throw new Error('use the cluster: it starts before the first test, not while tests are declared')
    return cluster
  }
  return {
    get current() {
      return current()
    },
    branch:
      (body) =>
      async (...[context]) =>
        runTest(current().fork(), (branch) => body(branch, context as never), options),
  }
}

const identities = new WeakMap<WithClusterOptions, number>()
let identity = 0

function keyOf(options: WithClusterOptions): string {
  const plain = JSON.stringify(options, (_name, value: unknown) => (typeof value === 'function' ? '()' : value))
  if (!plain.includes('"()"')) return plain
  const known = identities.get(options) ?? identity++
  identities.set(options, known)
  return `${known} ${plain}`
}

/** Without an endpoint, so that it holds nothing open and needs no end. */
function sharedCluster(options: WithClusterOptions): Promise<TestCluster> {
  const key = keyOf(options)
  let cluster = shared.get(key)
  if (!cluster) {
    cluster = startCluster({ ...clusterOptions(options), https: false })
    cluster.catch(() => shared.delete(key))
    shared.set(key, cluster)
  }
  return cluster
}

const linesShown = 60

/** The same error, which says at its end what happened before. */
async function withTimeline(error: unknown, cluster: TestCluster, options: WithClusterOptions): Promise<unknown> {
  if (!(error instanceof Error)) return error
  const lines = cluster.timeline.text().split('\n')
  const shown = lines.slice(-linesShown).join('\n')
  const directory = options.timelineDirectory ?? process.env.K8TS_TIMELINE_DIR
  let text = `\n\nWhat the cluster did last (${Math.min(linesShown, lines.length)} of ${lines.length} lines, K8TS_SEED=${cluster.seed.split('/')[0]}):\n${shown}`
  if (directory) {
    const path = `${directory}/timeline-${real.random.uuid()}.html`
    await real.disk.makeDirectory(directory)
    await real.disk.write(path, timelinePage(cluster.timeline, error.message), { mode: 0o644, durable: false })
    text += `\nAll of it: ${path}`
  }
  const { message } = error
  error.message = message + text
  if (error.stack?.includes(message)) error.stack = error.stack.replace(message, () => message + text)
  return error
}
