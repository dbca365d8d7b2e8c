/**
 * One simulated node as a process of its own: registers, renews its lease through the network, watches its own pods and
 * lets them go through their stages. It can lose power, and it can be cut off while its pods go on.
 */
import { ApiError } from '../../api/errors.ts'
import { coordinationV1, coreV1 } from '../../api/resources.ts'
import type { Lease } from '../../api/types/coordination/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Change, Informers } from '../../client/informer.ts'
import { createInformers } from '../../client/informer-impl.ts'
import type { Transport } from '../../client/transport.ts'
import type { AllocationManager } from '../../kubelet/allocation/allocation-manager.ts'
import { type Clock, rfc3339, rfc3339Micro } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import { nodeAllocation } from '../nodes/node-allocation.ts'
import { capacityOf, healthyConditions, nodeAddress, nodeObject, podRange } from '../nodes/node-object.ts'
import { PodRun } from '../nodes/pod-run.ts'
import type { PodRule } from '../nodes/rules.ts'
import { poolLabel, poolOf } from './manifests.ts'
import type { Trace } from './trace.ts'

export interface KubeletParts {
  name: string
  index: number
  /** Its own, which may be wrong. */
  clock: Clock
  random: Random
  log: Logger
  trace: Trace
  ruleOf(pod: Pod): PodRule
  /** A new process reaches the server by a new connection. */
  connect(): { transport: Transport; close(): void }
  /** A container of the pod starts, or is found running. */
  onRunning(pod: Pod): void
}

const leaseNamespace = 'kube-node-lease'
/** Source: the kubelet's lease of 40 s, renewed four times. */
const leaseDurationSeconds = 40
const renewMs = 10_000

interface Life {
  client: Client
  informers: Informers
  stopping: AbortController
  pods: Map<string, PodRun>
  allocation: AllocationManager
  addresses: Set<number>
  close(): void
}

export class SimulatedKubelet {
  readonly name: string
  readonly #parts: KubeletParts
  #life: Life | undefined

  constructor(parts: KubeletParts) {
    this.name = parts.name
    this.#parts = parts
  }

  get isOn(): boolean {
    return this.#life !== undefined
  }

  /** Pods of which a container runs now. */
  running(): Pod[] {
    const runs = [...(this.#life?.pods.values() ?? [])]
    return runs
      .filter(({ pod }) => runs.length > 0 && (pod.spec?.containers ?? []).length > 0)
      .filter((run) => run.pod.spec?.containers?.some(({ name = '' }) => run.isRunning(name)))
      .map((run) => run.pod)
  }

  powerOn(): void {
    if (this.#life) return
    const { random, clock, log, trace, connect, name } = this.#parts
    const { transport, close } = connect()
    const client = createClient(transport, { userAgent: 'kubelet' })
    const informers = createInformers({ client, clock, random, log, freeze: true })
    const pods = new Map<string, PodRun>()
    const life: Life = {
      client,
      informers,
      close,
      stopping: new AbortController(),
      pods,
      allocation: nodeAllocation({ clock, allocatable: capacityOf({}), pods }),
      addresses: new Set(),
    }
    this.#life = life
    trace.note(name, 'is powered on')
    informers
      .of(coreV1.pods, { fieldSelector: `spec.nodeName=${name}` })
      .onChange((change) => this.#onPod(life, change))
    informers.start()
    void this.#keepRegistered(life)
  }

  /** Containers and agent are gone at once. */
  powerOff(): void {
    const life = this.#life
    if (!life) return
    this.#life = undefined
    this.#parts.trace.note(this.name, 'loses power')
    life.stopping.abort(new Error('the node lost power'))
    life.allocation.stop()
    for (const run of life.pods.values()) run.abandon()
    life.close()
    void life.informers.stop()
  }

  async #keepRegistered(life: Life): Promise<void> {
    const { clock, random } = this.#parts
    const { signal } = life.stopping
    let registered = false
    while (!signal.aborted) {
      try {
        await this.#postStatus(life, !registered)
        registered = true
        await this.#renew(life)
      } catch {
        // The next round tries again, as long as it takes.
      }
      const waitMs = registered ? renewMs * (0.96 + random.float() * 0.08) : 1_000
      await clock.sleep(waitMs, signal).catch(() => undefined)
    }
  }

  /** Says that all is well, where the node's object says otherwise. A new process makes the object if it has to. */
  async #postStatus({ client }: Life, starts: boolean): Promise<void> {
    const { name, index, clock } = this.#parts
    const now = rfc3339(clock.nowMs())
    const nodes = client.of(coreV1.nodes)
    try {
      const { status } = await nodes.get(name, { resourceVersion: '0' })
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
      if (ready && !starts) return
      const conditions = healthyConditions(status?.conditions, now)
      await nodes.patchStatus(name, { type: 'strategic', patch: { status: { conditions } } })
    } catch (error) {
      if (!isNotFound(error) || !starts) throw error
      await nodes.create(nodeObject({ name, labels: { [poolLabel]: poolOf(index) } }, index, now))
    }
  }

  async #renew({ client }: Life): Promise<void> {
    const { name, clock } = this.#parts
    const leases = client.of(coordinationV1.leases, leaseNamespace)
    const renewTime = rfc3339Micro(clock.nowMs())
    const spec = { holderIdentity: name, leaseDurationSeconds, renewTime }
    try {
      await leases.patch(name, { type: 'merge', patch: { spec } })
    } catch (error) {
      if (!isNotFound(error)) throw error
      const node = await client.of(coreV1.nodes).get(name)
      const owner = { apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid ?? '' }
      const lease: Lease = { metadata: { name, ownerReferences: [owner] }, spec }
      await leases.create(lease)
    }
  }

  #onPod(life: Life, { type, object: pod }: Change<Pod>): void {
    if (life.stopping.signal.aborted) return
    const { uid = '' } = pod.metadata
    const known = life.pods.get(uid)
    if (type === 'deleted') {
      known?.abandon()
      life.allocation.forget(uid)
      if (known) life.addresses.delete(lastNumber(known.podIp))
      life.pods.delete(uid)
    } else if (known) known.update(pod)
    else this.#admit(life, pod)
  }

  #admit(life: Life, pod: Pod): void {
    const { phase, podIP } = pod.status ?? {}
    const { deletionTimestamp, uid = '' } = pod.metadata
    if ((phase === 'Succeeded' || phase === 'Failed') && !deletionTimestamp) return
    const { clock, random, index, ruleOf } = this.#parts
    const run: PodRun = new PodRun(pod, {
      client: life.client,
      clock,
      random,
      events: this.#listening(() => run),
      allocation: life.allocation,
      hostIp: nodeAddress(index),
      podIp: podIP ?? this.#address(life),
      reachable: () => true,
      ruleOf: (of) => ruleOf(of),
    })
    life.addresses.add(lastNumber(run.podIp))
    life.pods.set(uid, run)
    if (deletionTimestamp) run.update(pod)
    else run.start()
    if (pod.spec?.containers?.some(({ name = '' }) => run.isRunning(name))) this.#parts.onRunning(pod)
  }

  /** Events of pods are not written, but heard. */
  #listening(run: () => PodRun): EventRecorder {
    const recorder: EventRecorder = {
      event: (_about, _type, reason) => {
        if (reason === 'Started') this.#parts.onRunning(run().pod)
      },
      as: () => recorder,
    }
    return recorder
  }

  #address({ addresses }: Life): string {
    let number = 2
    while (addresses.has(number)) number++
    return podRange(this.#parts.index).address(number)
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404
}

function lastNumber(address: string): number {
  return Number(address.slice(address.lastIndexOf('.') + 1))
}
