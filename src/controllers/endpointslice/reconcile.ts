/** Keeps the EndpointSlices of every Service that has a selector, and gives them the hints that it asks for. */

import { ApiError } from '../../api/errors.ts'
import { keyOf } from '../../api/meta.ts'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { Node, Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { tallied } from '../../client/meters.ts'
import { ifThere } from '../../client/writes.ts'
import { Expectations, notSeenYet } from '../expectations.ts'
import { controllerReference } from '../ownership.ts'
import { ChangeTimes, serviceKeysOf, servingPods } from '../service-pods.ts'
import { type HintCounts, type Hinting, overloaded, topologyMode, type ZoneShares, zoneShares } from './hints.ts'
import { countSlices, sliceGauges } from './metrics.ts'
import {
  managedBy,
  managedByLabel,
  planSlices,
  podsWithoutNode,
  type SliceInput,
  type SlicePlan,
  serviceNameLabel,
} from './plan.ts'

const eventSource = 'endpoint-slice-controller'
const byService = 'service'
const byNode = 'nodeName'

export interface EndpointSliceOptions {
  /** Endpoints in a slice. Default 100. */
  endpointsMax?: number
}

export function endpointSliceController(parts: ControllerParts, options: EndpointSliceOptions = {}): Controller {
  const services = parts.informers.of(coreV1.services)
  const pods = parts.informers.of(coreV1.pods)
  const slices = parts.informers.of(discoveryV1.endpointSlices)
  const nodes = parts.informers.of(coreV1.nodes)
  const expectations = new Expectations(parts.clock, slices)
  slices.addIndex(byService, (slice) => [serviceKeyOf(slice)])
  pods.addIndex(byNode, (pod) => [pod.spec?.nodeName ?? ''])
  const topology = new Topology(parts)
  const changeTimes = new ChangeTimes()
  offerGauges(parts, options)

  async function reconcile(key: string): Promise<Outcome> {
    const service = services.get(key)
    if (!service) {
      topology.forget(key)
      expectations.forget(key)
      changeTimes.forget(key)
      return done
    }
    if (!service.spec?.selector || Object.keys(service.spec.selector).length === 0) return done
    if (service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp) return done
    if (!expectations.satisfied(key)) return notSeenYet
    const selected = servingPods(service, pods)
    const present = slices.byIndex(byService, key).filter((slice) => slice.metadata.deletionTimestamp === undefined)
    const input: SliceInput = {
      ...options,
      service,
      pods: selected,
      slices: present,
      nodeOf: (name) => nodes.get(name),
      changeTime: changeTimes.since(service, selected),
      zoneShares: () => topology.shares(),
    }
    const plan = planSlices(input)
    try {
      await write(parts, service, plan, (created) => expectations.created(key, created))
    } catch (error) {
      if (error instanceof ApiError && error.message.includes('is being terminated')) return done
      throw error
    }
    topology.hinted(service, plan.hinting)
    countSync(parts, service, plan, present)
    return tellLeftOut(parts, input)
  }

  return {
    name: 'endpointslice',
    sources: [
      source(services, ({ object }) => [keyOf(object)]),
      source(pods, (change) => serviceKeysOf(change, services)),
      source(nodes, (change) => {
        const before = change.type === 'updated' ? change.previous : undefined
        if (before && placeOf(before) === placeOf(change.object)) return []
        topology.nodesChanged()
        // The pods of a node that is gone go too, and each tells of itself.
        const known = change.type === 'deleted' || (before && zoneLabelOf(before) === zoneLabelOf(change.object))
        const here = known ? [] : pods.byIndex(byNode, change.object.metadata.name ?? '')
        const concerned = here.flatMap((object) => serviceKeysOf({ type: 'added', object }, services))
        return [...new Set([...concerned, ...topology.overloaded()])]
      }),
      source(slices, ({ object }) => (serviceKeyOf(object) === '' ? [] : [serviceKeyOf(object)])),
    ],
    reconcile: (key) => counted(parts, reconcile(key)),
  }
}

async function write(
  { client }: ControllerParts,
  service: Service,
  plan: SlicePlan,
  onCreated: (slice: EndpointSlice) => void,
): Promise<void> {
  const api = client.of(discoveryV1.endpointSlices, service.metadata.namespace)
  for (const slice of plan.create) {
    slice.metadata.ownerReferences = [controllerReference(coreV1.services, service)]
    onCreated(await api.create(slice))
  }
  for (const slice of plan.update) await api.update(slice)
  for (const slice of plan.delete) await ifThere(api.delete(slice.metadata.name ?? ''))
}

/** What was left out is tried again: its node may only not be known yet. */
function tellLeftOut({ events }: ControllerParts, input: SliceInput): Outcome {
  const { service } = input
  const key = keyOf(service)
  const skipped = podsWithoutNode(input).map(
    ({ metadata, spec }) => `skipping Pod ${metadata.name} for Service ${key}: Node ${spec?.nodeName ?? ''} Not Found`,
  )
  if (skipped.length === 0) return done
  const what = skipped.length === 1 ? skipped[0] : `[${skipped.join(', ')}]`
  const message = `Error updating Endpoint Slices for Service ${key}: ${what}`
  const about = { resource: coreV1.services, object: service }
  events.as(eventSource).event(about, 'Warning', 'FailedToUpdateEndpointSlices', message)
  return { kind: 'retry', error: new Error(message) }
}

const prefix = 'endpoint_slice_controller'

function offerGauges({ meters, informers }: ControllerParts, { endpointsMax }: EndpointSliceOptions): void {
  const slices = informers.of(discoveryV1.endpointSlices)
  const services = informers.of(coreV1.services)
  sliceGauges(meters, prefix, () => slices.list().filter((slice) => serviceKeyOf(slice) !== ''), endpointsMax)
  meters?.gauge(`${prefix}_services_count_by_traffic_distribution`, () =>
    tallied(services.list().flatMap(({ spec }) => (spec?.trafficDistribution ? [[spec.trafficDistribution]] : []))),
  )
}

async function counted({ meters }: ControllerParts, sync: Promise<Outcome>): Promise<Outcome> {
  let result = 'error'
  try {
    const outcome = await sync
    result = outcome === notSeenYet ? 'stale' : 'success'
    return outcome
  } finally {
    meters?.count(`${prefix}_syncs`, [result])
  }
}

function countSync(
  { meters }: ControllerParts,
  service: Service,
  plan: SlicePlan,
  present: readonly EndpointSlice[],
): void {
  countSlices(meters, prefix, plan, present)
  const changed = plan.create.length + plan.update.length + plan.delete.length
  const labels = [topologyMode(service) ? 'Auto' : 'Disabled', service.spec?.trafficDistribution ?? '']
  meters?.observe(`${prefix}_endpointslices_changed_per_sync`, labels, changed)
}

/** The Service of a slice that this controller manages; empty for others' slices. */
function serviceKeyOf(slice: EndpointSlice): string {
  const labels = slice.metadata.labels ?? {}
  if (labels[managedByLabel] !== managedBy || !labels[serviceNameLabel]) return ''
  return `${slice.metadata.namespace}/${labels[serviceNameLabel]}`
}

/** What hints to give depends on: readiness, CPUs, zone and role of a node. */
function placeOf(node: Node): string {
  const { labels = {} } = node.metadata
  const roles = Object.keys(labels).filter((label) => label.startsWith('node-role.kubernetes.io/'))
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')?.status
  return JSON.stringify([zoneLabelOf(node), roles.sort(), ready, node.status?.allocatable?.cpu])
}

function zoneLabelOf(node: Node): string | undefined {
  return node.metadata.labels?.['topology.kubernetes.io/zone']
}

/** What is known of zones, and which Services have hints by them. */
class Topology {
  readonly #parts: ControllerParts
  readonly #nodes
  readonly #countsByService = new Map<string, ReadonlyMap<string, HintCounts>>()
  #shares: { known: ZoneShares | undefined } | undefined

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#nodes = parts.informers.of(coreV1.nodes)
  }

  shares(): ZoneShares | undefined {
    this.#shares ??= { known: zoneShares(this.#nodes.list()) }
    return this.#shares.known
  }

  nodesChanged(): void {
    this.#shares = undefined
  }

  /** Services whose hints no longer fit the zones. */
  overloaded(): string[] {
    if (this.#countsByService.size === 0) return []
    const shares = this.shares()
    return [...this.#countsByService]
      .filter(([, byFamily]) => [...byFamily.values()].some((counts) => overloaded(counts, shares)))
      .map(([key]) => key)
  }

  forget(key: string): void {
    this.#countsByService.delete(key)
  }

  /** Remembers what came out, and tells whoever looks at the Service when hints come and go. */
  hinted(service: Service, hinting: ReadonlyMap<string, Hinting>): void {
    const key = keyOf(service)
    const before = this.#countsByService.get(key)
    const now = new Map<string, HintCounts>()
    const say = (type: 'Normal' | 'Warning', family: string, message: string) =>
      this.#parts.events
        .as(eventSource)
        .event(
          { resource: coreV1.services, object: service },
          type,
          `TopologyAwareHints${type === 'Normal' ? 'Enabled' : 'Disabled'}`,
          `${message}, addressType: ${family}`,
        )
    for (const [family, outcome] of hinting) {
      if ('counts' in outcome) now.set(family, outcome.counts)
      else say('Warning', family, outcome.disabled)
      if ('counts' in outcome && !before) say('Normal', family, 'Topology Aware Hints has been enabled')
    }
    for (const family of before?.keys() ?? []) {
      if (!hinting.has(family)) say('Warning', family, 'Topology Aware Hints has been disabled')
    }
    if (now.size > 0) this.#countsByService.set(key, now)
    else this.#countsByService.delete(key)
  }
}
