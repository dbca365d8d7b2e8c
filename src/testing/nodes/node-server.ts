/**
 * What the server of a simulated node says, reached by `/api/v1/nodes/<name>/proxy/…`: resource use by the rules, in the
 * kubelet's forms, so that metrics can be made of it.
 */
import { apiError } from '../../api/errors.ts'
import { wholeValue } from '../../api/quantity.ts'
import { coreV1 } from '../../api/resources.ts'
import type { ContainerStatus, Node, Pod } from '../../api/types/core/v1.ts'
import type { ProxyCall } from '../../apiserver/node-proxy.ts'
import type { ApiResponse } from '../../apiserver/request.ts'
import { resourceMetricsText, summaryOf, type Usage, type UsageFacts } from '../../kubelet/server/usage.ts'
import type { SimulatedNodeProxyParts } from './node-proxy.ts'
import { UsageMeter } from './usage-meter.ts'

export class NodeServer {
  readonly #parts: SimulatedNodeProxyParts
  readonly #meter: UsageMeter

  constructor(parts: SimulatedNodeProxyParts) {
    this.#parts = parts
    this.#meter = new UsageMeter(parts.clock)
  }

  async answer(call: ProxyCall): Promise<ApiResponse> {
    const node = call.object as Node
    const { name = '' } = node.metadata
    if (!this.#parts.nodes()?.isAlive(name)) throw unreachable(name)
    switch (call.path) {
      case '/healthz':
        return text('ok')
      case '/stats/summary':
        return json(summaryOf(await this.#facts(call, node)))
      case '/metrics/resource':
        return text(resourceMetricsText(await this.#facts(call, node)))
      case '/pods':
        return json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: await podsOn(call, name) })
      default:
        throw apiError({ code: 404, reason: 'NotFound', message: '404 page not found' })
    }
  }

  async #facts(call: ProxyCall, node: Node): Promise<UsageFacts> {
    const { name: nodeName = '', creationTimestamp = '' } = node.metadata
    const pods = await podsOn(call, nodeName)
    const usages = pods.flatMap((pod) => this.#usagesOf(pod))
    const sum = (key: 'cpuNanoSeconds' | 'workingSetBytes') => usages.reduce((total, usage) => total + usage[key], 0)
    const workingSetBytes = sum('workingSetBytes')
    const capacityBytes = wholeValue(node.status?.capacity?.memory ?? '0')
    return {
      nodeName,
      nowMs: this.#parts.clock.nowMs(),
      usages,
      node: {
        cpuNanoSeconds: this.#meter.total(nodeName, usages),
        workingSetBytes,
        availableBytes: Math.max(0, capacityBytes - workingSetBytes),
        bootedMs: Date.parse(creationTimestamp) || 0,
      },
      startTimeOf: (uid) => pods.find(({ metadata }) => metadata.uid === uid)?.status?.startTime,
    }
  }

  #usagesOf(pod: Pod): Usage[] {
    const { name = '', namespace = '', uid = '' } = pod.metadata
    const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
    return [...containerStatuses, ...initContainerStatuses].filter(isRunning).map((status) => {
      const { usage } = this.#parts.rules.of(pod, status.name)
      const now = typeof usage === 'function' ? usage(pod, status.name) : (usage ?? {})
      const startedMs = Date.parse(status.state.running.startedAt)
      const id = `${uid}/${status.name}`
      return {
        ...{ id, name: status.name, pod: name, namespace, uid, startedMs, rootFsBytes: 0 },
        ...this.#meter.read({ id, startedMs }, now),
      }
    })
  }
}

type Running = ContainerStatus & { state: { running: { startedAt: string } } }

function isRunning(status: ContainerStatus): status is Running {
  return status.state?.running?.startedAt !== undefined
}

async function podsOn({ objects }: ProxyCall, nodeName: string): Promise<Pod[]> {
  const pods = await objects.list(coreV1.pods)
  return pods.filter(({ spec }) => spec?.nodeName === nodeName)
}

function json(value: object): ApiResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) }
}

function text(value: string): ApiResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4' }, body: Buffer.from(value) }
}

function unreachable(name: string): Error {
  const message = `error trying to reach service: node ${JSON.stringify(name)} does not answer`
  return apiError({ code: 503, reason: 'ServiceUnavailable', message })
}
