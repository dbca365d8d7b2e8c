/**
 * A cluster inside the test, as `k8ts/testing` gives it to everybody, with what tests of controllers share: one namespace,
 * a word for what a pod turns into, and requests that fail.
 */
import type { KubeObject, Resource } from '../../src/api/meta.ts'
import { coreV1 } from '../../src/api/resources.ts'
import type { Pod } from '../../src/api/types/core/v1.ts'
import type { Client } from '../../src/client/client.ts'
import { startCluster } from '../../src/testing/cluster.ts'
import type { PodRule } from '../../src/testing/nodes/rules.ts'
import type { TestCluster } from '../../src/testing/test-cluster.ts'

/** `unready`: runs, and fails its readiness probe. */
export type PodOutcome = 'ready' | 'unready' | 'pending' | 'succeeded' | { failed: number }

export interface Testbed extends AsyncDisposable {
  cluster: TestCluster
  client: Client
  /** What a bound pod turns into; default: ready. Set to change it for pods that are bound from then on. */
  behave: (pod: Pod) => PodOutcome
  settle(): Promise<void>
  /** Settles, moves time, settles. */
  advance(ms: number): Promise<void>
  events(): Promise<string[]>
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>
}

export const namespace = 'test'

export async function startTestbed({
  nodes = ['node1'],
  admission = false,
  seed = 'testbed',
  usageMetrics = true,
}: {
  nodes?: string[]
  /** Whether pods may not name a priority themselves, as on a real server. Default false. */
  admission?: boolean
  seed?: string
  usageMetrics?: boolean
} = {}): Promise<Testbed> {
  const cluster = await startCluster({
    https: false,
    freeze: true,
    startTime: '2026-01-01T00:00:00Z',
    podEvents: false,
    usageMetrics,
    nodes: nodes.map((name) => ({ name, capacity: { cpu: '4', memory: '8Gi' } })),
    rules: ruleBy((pod) => bed.behave(pod)),
    admission: admission ? {} : { disabled: ['Priority'] },
    seed,
  })
  const bed: Testbed = {
    cluster,
    client: cluster.api,
    behave: () => 'ready',
    settle: () => cluster.settled(),
    async advance(ms) {
      await cluster.settled()
      await cluster.clock.advance(ms, { exact: true })
      await cluster.settled()
    },
    async events() {
      await cluster.settled()
      const { items } = await cluster.client.core.v1.events(namespace).list()
      return items.map(
        ({ involvedObject, type, reason, message }) =>
          `${involvedObject.kind}/${involvedObject.name} ${type} ${reason}: ${message}`,
      )
    },
    create: (resource, object) => cluster.api.of(resource, namespace).create(object),
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
  await cluster.api.of(coreV1.namespaces).create({ metadata: { name: namespace } })
  await cluster.settled()
  return bed
}

/** A pod keeps what was said of it first. */
function ruleBy(behave: (pod: Pod) => PodOutcome): (pod: Pod) => PodRule {
  const said = new Map<string, PodOutcome>()
  return (pod) => {
    const { uid = '' } = pod.metadata
    const outcome = said.get(uid) ?? behave(pod)
    said.set(uid, outcome)
    if (typeof outcome === 'object') return { exitAfter: 0, exitCode: outcome.failed }
    return rules[outcome]
  }
}

const rules: Readonly<Record<PodOutcome & string, PodRule>> = {
  ready: { exitAfter: 'never' },
  unready: { exitAfter: 'never', ready: false },
  pending: { startAfter: '3650d' },
  succeeded: { exitAfter: 0 },
}
