/** What a test says about its cluster. */
import type { AdmissionParts } from '../apiserver/admission/chain.ts'
import type { Logger } from '../platform/log.ts'
import type { TlsIdentity } from '../platform/net.ts'
import type { NodeSpec } from './nodes/node-object.ts'
import type { PodRule } from './nodes/rules.ts'
import type { Duration } from './time/duration.ts'

export interface ClusterOptions {
  /** How many simulated nodes, or which. Default 1. */
  nodes?: number | readonly NodeSpec[]
  /** What simulated pods do, newest first; or YAML. */
  rules?: PodRule | readonly PodRule[] | string
  /**
   * `held` (default): time stands still until `clock.advance`. `real`: it passes by itself.
   */
  time?: 'held' | 'real'
  /** Where a held clock starts. Default: now. */
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
  /** Controllers that run, `scheduler` among them. Default: all. A function decides by name. */
  controllers?: boolean | readonly string[] | ((name: string) => boolean)
  /** Admission steps to leave out, and in-process ones to add. */
  admission?: Pick<AdmissionParts, 'disabled' | 'dynamic'>
  /** Whether pods' own events (Pulled, Created, Started …) are written. Default true. */
  podEvents?: boolean
  /** Whether objects in controllers' caches are frozen, so that a controller that changes one fails. Default false. */
  freeze?: boolean
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

/** Whether the controller of this name runs. */
export function runsOf({ controllers = true }: ClusterOptions): (name: string) => boolean {
  if (typeof controllers === 'function') return controllers
  if (typeof controllers === 'boolean') return () => controllers
  return (name) => controllers.includes(name)
}

export const settleTimeoutMs = 10_000
export const externalQuietMs = 50
