/**
 * metrics.k8s.io: what nodes and pods use, made of their nodes' counters when asked for. Nothing is stored. Where another
 * server is registered for the group, that one is asked instead, before a request comes here.
 */
import { notFound } from '../../api/errors.ts'
import { formatQuantity, parseQuantity } from '../../api/quantity.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import type { NodeMetrics, PodMetrics } from '../../api/types/metrics/v1beta1.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { Stored } from '../cache/stored.ts'
import { cachedObjects } from '../cached-objects.ts'
import type { EndpointParts } from '../endpoints/parts.ts'
import { representationOf } from '../endpoints/read.ts'
import type { Endpoint } from '../endpoints/router.ts'
import { presentList, presentObject } from '../negotiation/represent.ts'
import type { NodeProxy } from '../node-proxy.ts'
import type { Objects } from '../objects.ts'
import { checkListQuery, readListQuery } from '../registry/options.ts'
import { toBytes } from '../registry/persistence.ts'
import { selectionOf } from '../registry/selection.ts'
import { type Measured, Scraper } from './scrape.ts'

export const usageGroup = 'metrics.k8s.io'

type Metrics = NodeMetrics | PodMetrics

/** The endpoint for a verb: `get` or `list`. */
export function usageEndpoints(proxy: NodeProxy): (verb: string) => Endpoint {
  let usage: Usage | undefined
  return (verb) => async (parts, served, exchange) => {
    usage ??= usageFor(parts, proxy)
    const representation = representationOf(parts, exchange)
    const { namespace, name } = exchange.info
    const isNodes = served.resource.plural === coreV1.nodes.plural
    if (verb === 'get') {
      const [found] = isNodes ? await usage.nodes(name) : await usage.pods(namespace, name)
      if (!found) throw notFound(served.resource, isNodes ? name : `${namespace}/${name}`)
      return await presentObject(parts.presenter, served, found, representation)
    }
    const query = readListQuery(exchange.request.query, false)
    checkListQuery(query)
    const { matches } = selectionOf(served, query)
    const found: Metrics[] = isNodes ? await usage.nodes() : await usage.pods(namespace)
    const stored = found.map((object) => {
      const { namespace: where = '', name: which = '' } = object.metadata
      const key = `${served.storePrefix}${where}/${which}`
      return new Stored({ key, value: toBytes(served, object), modRevision: 0 })
    })
    const items = matches ? stored.filter(matches) : stored
    const page = { items, revision: 0, continue: '', remaining: undefined }
    return await presentList(parts.presenter, served, page, representation)
  }
}

function usageFor({ registry, scheme, stopping }: EndpointParts, proxy: NodeProxy): Usage {
  const objects = cachedObjects({ caches: registry.caches, scheme })
  const nodes = async () => await objects.list(coreV1.nodes)
  return new Usage(objects, new Scraper({ proxy, objects, clock: registry.clock, signal: stopping, nodes }))
}

class Usage {
  readonly #objects: Objects
  readonly #scraper: Scraper

  constructor(objects: Objects, scraper: Scraper) {
    this.#objects = objects
    this.#scraper = scraper
  }

  async nodes(name?: string): Promise<NodeMetrics[]> {
    const measured = await this.#scraper.measured()
    const nodes = await this.#objects.list(coreV1.nodes)
    return byName(nodes.filter(({ metadata }) => name === undefined || metadata.name === name)).flatMap((node) => {
      const found = measured.get(node.metadata.name ?? '')
      return found ? [{ ...headOf('NodeMetrics', node, [found.node]), usage: usageOf(found.node) }] : []
    })
  }

  async pods(namespace: string, name?: string): Promise<PodMetrics[]> {
    const measured = await this.#scraper.measured()
    const known = new Map<string, ReadonlyMap<string, Measured>>()
    for (const { pods } of measured.values()) {
      for (const pod of pods) known.set(`${pod.namespace}/${pod.name}`, pod.containers)
    }
    const pods =
      name === undefined ? await this.#objects.list(coreV1.pods, namespace) : await this.#pod(namespace, name)
    return byName(pods).flatMap((pod) => {
      const found = known.get(`${pod.metadata.namespace}/${pod.metadata.name}`)
      if (!found) return []
      const containers = [...found].map(([container, use]) => ({ name: container, usage: usageOf(use) }))
      return [{ ...headOf('PodMetrics', pod, [...found.values()]), containers }]
    })
  }

  async #pod(namespace: string, name: string): Promise<Pod[]> {
    const pod = await this.#objects.get(coreV1.pods, `${namespace}/${name}`)
    return pod ? [pod] : []
  }
}

/** The latest of the ends, and the longest window. */
function headOf(kind: string, { metadata }: Node | Pod, measured: readonly Measured[]) {
  const atMs = Math.max(...measured.map((each) => each.atMs))
  const windowMs = Math.max(...measured.map((each) => each.atMs - each.sinceMs))
  const { name = '', namespace, labels } = metadata
  return {
    ...{ kind, apiVersion: `${usageGroup}/v1beta1` },
    metadata: {
      ...{ name, creationTimestamp: rfc3339(atMs) },
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
    },
    timestamp: rfc3339(atMs),
    window: goDuration(windowMs),
  }
}

/** CPU in nanocores, memory in kibibytes, as metrics-server has them. */
function usageOf({ cpuNanoCores, memoryBytes }: Measured): Record<string, string> {
  const kibibytes = Math.ceil(memoryBytes / 1024)
  return {
    cpu: formatQuantity({ nanos: BigInt(cpuNanoCores), format: 'DecimalSI' }),
    memory: formatQuantity(parseQuantity(`${kibibytes}Ki`)),
  }
}

/** `14.321s`, `1m0s`, `2h5m0s`. */
function goDuration(ms: number): string {
  const seconds = ms / 1000
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const rest = `${Math.round((seconds - hours * 3600 - minutes * 60) * 1000) / 1000}s`
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${rest}`
}

function byName<T extends Node | Pod>(objects: readonly T[]): T[] {
  const nameOf = ({ metadata }: T) => `${metadata.namespace}/${metadata.name}`
  return [...objects].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
}
