/** What a test holds in its hands: a cluster, its time, its nodes and what goes wrong in it. */
import type { KubeObject } from '../api/meta.ts'
import type { Client } from '../client/client.ts'
import type { Controller, ControllerParts } from '../client/controller.ts'
import type { DefinedController } from '../client/define-controller.ts'
import type { FluentClient } from '../client/fluent.ts'
import type { Applicable } from './apply.ts'
import type { CredentialFiles } from './endpoint.ts'
import type { FaultControl } from './faults/faults.ts'
import type { NodeControl } from './nodes/nodes.ts'
import type { ExecAnswer } from './nodes/rules.ts'
import type { HttpOptions, HttpReplyText } from './pod-streams.ts'
import type { Duration } from './time/duration.ts'
import type { TestClock } from './time/test-time.ts'
import type { Timeline } from './timeline/timeline.ts'

export interface SettleOptions {
  /** Real time. Default: the cluster's `settleTimeout`. */
  timeout?: Duration
}

export interface TestCluster extends AsyncDisposable, Disposable {
  /** `cluster.client.batch.v1.cronJobs('default').get(name)`, as an administrator. */
  readonly client: FluentClient
  /** The same for resources that are values: `cluster.api.of(coreV1.pods, 'default')`, and raw paths. */
  readonly api: Client
  readonly clock: TestClock
  readonly nodes: NodeControl
  readonly timeline: Timeline
  /** What goes wrong from now on. */
  readonly faults: FaultControl
  /** Given as `$K8TS_SEED` or `seed`, it repeats this run, moments included. */
  readonly seed: string
  /** `https://127.0.0.1:port`. Throws for a cluster without HTTPS; a fork has it after `serve`. */
  readonly server: string
  /** Text of a kubeconfig of an administrator. */
  readonly kubeconfig: string
  /** Its path: a file that goes with the cluster. */
  kubeconfigFile(): Promise<string>
  /** The same as files for clients that know no kubeconfig, such as curl. */
  credentialFiles(): Promise<CredentialFiles>
  /** A kubeconfig of any user, with a certificate. */
  kubeconfigFor(user: { user: string; groups?: readonly string[]; validFor?: Duration }): string
  /** A client of any user, in this process. */
  as(user: string, ...groups: string[]): FluentClient
  /** Opens the HTTPS endpoint where there is none yet. Resolves with its URL. */
  serve(): Promise<string>
  /** Objects, YAML, a file or a folder, server-side. Resolves with what the server answered. */
  apply(what: Applicable, options?: { namespace?: string; fieldManager?: string }): Promise<KubeObject[]>
  /**
   * Resolves when nothing more happens without time passing; retries of what failed are let through. Rejects with
   * `NotSettledError`, which names who is busy.
   */
  settled(options?: SettleOptions): Promise<void>
  /** Of a pod's container, as `kubectl logs` shows it. */
  logs(
    pod: string,
    options?: { namespace?: string; container?: string; tailLines?: number; previous?: boolean },
  ): Promise<string>
  /** Runs a command in a container, as `kubectl exec` does. */
  exec(
    pod: string,
    command: readonly string[],
    options?: { namespace?: string; container?: string; stdin?: string },
  ): Promise<Required<ExecAnswer>>
  /**
   * HTTP to `pods/web:8080`, `services/web:http` or `nodes/node-1` by the API server's proxies, as an administrator. Rejects
   * with `ApiError` when nobody answers there.
   */
  http(target: string, path?: string, options?: HttpOptions): Promise<HttpReplyText>
  /**
   * Runs a controller of one's own in this process, as an administrator named `name`, until it is stopped or the cluster
   * is. `settled` waits for it too; forks and resets are without it.
   */
  run(controller: DefinedController): Promise<{ stop(): Promise<void> }>
  run(name: string, make: (parts: ControllerParts) => Controller): Promise<{ stop(): Promise<void> }>
  /** `nodes.kill` */
  kill(node: string): Promise<void>
  /** The newest revision of the store. */
  revision(): Promise<number>
  /** Another cluster that goes on from here by itself: same objects, same moment, same certificates. */
  fork(): TestCluster
  /** A cluster that holds what this one held at a revision, and in which nothing happens by itself. */
  at(revision: number): TestCluster
  /** Back to what was there when the cluster had started. The endpoint and its clients stay; watches are ended. */
  reset(): Promise<void>
  stop(): Promise<void>
}
