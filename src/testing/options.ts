/** What a test says about its cluster. */
import { orderedPlugins } from '../apiserver/admission/names.ts'
import type { AdmissionPlugin } from '../apiserver/admission/plugin.ts'
import type { Logger } from '../platform/log.ts'
import type { TlsIdentity } from '../platform/net.ts'
import type { ProfileOptions } from '../scheduler/plugins/plugin.ts'
import { unknownField } from './known-fields.ts'
import type { NodeSpec } from './nodes/node-object.ts'
import type { PodRulings } from './nodes/rules.ts'
import type { Duration } from './time/duration.ts'

export interface ClusterOptions {
  /** How many simulated nodes, or which. Default 1. */
  nodes?: number | readonly NodeSpec[]
  /** What simulated pods do, newest first; or YAML. */
  rules?: PodRulings
  /**
   * `held` (default): time stands still until `clock.advance`. `real`: it passes by itself.
   */
  time?: 'held' | 'real'
  /** Where a held clock starts. Default: now; with a seed that was chosen, always the same moment. */
  startTime?: Date | string | number
  /**
   * Names, uids, jitter and faults follow from it. Default: `$K8TS_SEED`, else 1. `cluster.seed` tells it with
   * the start time, `1@1767225600000`, so that a run is repeated exactly by in-process clients.
   */
  seed?: string | number
  /** Whether there is an HTTPS endpoint. Default true; without one only clients in this process reach the cluster. */
  https?: boolean
  /** Default 127.0.0.1. */
  host?: string
  /** Default: a free one. */
  port?: number
  /** Instead of certificates of the cluster's own: what the endpoint shows, and who signs its clients'. */
  credentials?: { serving: TlsIdentity; clientCaPem?: string }
  /**
   * Controllers that run, `scheduler` among them. Default: all. A list names those that do, `except` those that don't, a
   * function decides by name. `cluster.run` puts another in a controller's place.
   */
  controllers?: boolean | readonly string[] | { except: readonly string[] } | ((name: string) => boolean)
  /**
   * Admission steps to leave out, and in-process ones to add: after the built-in ones that change objects, before
   * quota. To replace one, leave it out and add another.
   */
  admission?: { disabled?: readonly string[]; plugins?: readonly AdmissionPlugin[] }
  /**
   * Opens and closes feature gates for API server, controllers and scheduler: `{ MaxUnavailableStatefulSet: true }`.
   * Beta and alpha versions are served then too. Default: gates are as upstream's. Unknown ones: `startCluster` rejects.
   */
  featureGates?: Readonly<Record<string, boolean>>
  /** Filters and scores of the scheduler to leave out, replace or add. */
  scheduler?: ProfileOptions
  /** Whether pods' own events (Pulled, Created, Started …) are written. Default true. */
  podEvents?: boolean
  /** Whether metrics.k8s.io is served, from the `usage` of the rules. Default true. */
  usageMetrics?: boolean
  /** Whether objects in controllers' caches are frozen, so that a controller that changes one fails. Default false. */
  freeze?: boolean
  /** Called before each reconcile of the cluster's own controllers, to count them. */
  onReconcile?(controller: string, key: string): void
  /** Default: nothing is logged. */
  log?: Logger
  /** Real time that `settled` waits at most. Default 10 s. */
  settleTimeout?: Duration
  /**
   * Silence that clients outside this process (or over HTTPS) are given to react, after they were heard or told something.
   * Real time; default 50 ms.
   */
  externalQuiet?: Duration
}

/** Every option by its name: who adds one above has to add it here. */
const known: Record<keyof ClusterOptions, true> = {
  nodes: true,
  rules: true,
  time: true,
  startTime: true,
  seed: true,
  https: true,
  host: true,
  port: true,
  credentials: true,
  controllers: true,
  admission: true,
  featureGates: true,
  scheduler: true,
  podEvents: true,
  usageMetrics: true,
  freeze: true,
  onReconcile: true,
  log: true,
  settleTimeout: true,
  externalQuiet: true,
}

/** Throws for what no cluster looks at. */
export function checkOptions(options: ClusterOptions): void {
  const unknown = unknownField(options, Object.keys(known).join(' '))
  if (unknown) throw new TypeError(`start a cluster: there is no option ${unknown}`)
  const { time, admission } = options
  if (time !== undefined && time !== 'held' && time !== 'real') {
    throw new TypeError(`start a cluster: time is "held" or "real", not ${JSON.stringify(time)}`)
  }
  const step = admission?.disabled?.find((name) => !orderedPlugins.includes(name))
  if (step !== undefined) {
    const steps = orderedPlugins.join(', ')
    throw new RangeError(`start a cluster: there is no admission step ${JSON.stringify(step)}; there are: ${steps}`)
  }
}

/** Who runs, by name. */
export interface Running {
  runs(name: string): boolean
  /** Throws for names that no controller has; once all were asked for. */
  check(): void
}

export function runningOf({ controllers = true }: ClusterOptions): Running {
  const asked = new Set<string>()
  const listed =
    typeof controllers !== 'object' ? [] : 'except' in controllers ? controllers.except : (controllers as string[])
  const decide = (name: string): boolean => {
    if (typeof controllers === 'function') return controllers(name)
    if (typeof controllers === 'boolean') return controllers
    return listed.includes(name) !== 'except' in controllers
  }
  return {
    runs(name) {
      asked.add(name)
      return decide(name)
    },
    check() {
      const unknown = listed.filter((name) => !asked.has(name))
      if (unknown.length === 0) return
      const all = [...asked].sort().join(', ')
      throw new RangeError(`start a cluster: there is no controller ${JSON.stringify(unknown[0])}; there are: ${all}`)
    },
  }
}

export const settleTimeoutMs = 10_000
export const externalQuietMs = 50
