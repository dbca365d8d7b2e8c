/**
 * Reads metrics through the API server: metrics.k8s.io for CPU and memory, custom.metrics.k8s.io and
 * external.metrics.k8s.io for what adapters serve. Errors carry upstream's words.
 */
import { ApiError } from '../../api/errors.ts'
import { milliValue } from '../../api/quantity.ts'
import { formatLabelSelector, labelSelectorRequirements } from '../../api/selectors/label.ts'
import type { CrossVersionObjectReference, MetricIdentifier } from '../../api/types/autoscaling/v2.ts'
import type { LabelSelector } from '../../api/types/meta/v1.ts'
import type { Client } from '../../client/client.ts'
import { discoverResources } from '../../client/discovery.ts'
import { queryOf } from '../../client/paths.ts'
import { messageOf } from '../../platform/log.ts'
import type { PodSample, PodSamples } from './replicas.ts'

interface PodMetrics {
  metadata: { name?: string; namespace?: string }
  timestamp: string
  window: string
  containers: { name: string; usage: Record<string, string> }[]
}

interface MetricValue {
  describedObject?: { name?: string }
  timestamp: string
  windowSeconds?: number
  value: string
}

/** Source: the window of a custom metric that says none. */
const defaultWindowMs = 60_000

export class Readings {
  readonly #client: Client
  readonly #versions = new Map<string, string>()

  constructor(client: Client) {
    this.#client = client
  }

  /** `container` absent: the sum of all; a pod in which one has no sample has none. */
  async resource(
    resource: string,
    { namespace, selector, container }: { namespace: string; selector: string; container?: string | undefined },
  ): Promise<PodSamples> {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods${queryOf({ labelSelector: selector })}`
    const items = await this.#items<PodMetrics>(path, { api: 'resource', what: 'get pods.metrics.k8s.io' })
    const samples = new Map<string, PodSample>()
    for (const item of items) {
      const chosen =
        container === undefined ? item.containers : item.containers.filter(({ name }) => name === container)
      const values = chosen.map(({ usage }) => usage[resource])
      if (values.length === 0 || values.some((value) => value === undefined)) continue
      const value = values.reduce((sum, each) => sum + milliValue(each ?? '0'), 0)
      const [timestampMs, windowMs] = [Date.parse(item.timestamp), durationMs(item.window)]
      samples.set(item.metadata.name ?? '', { value, timestampMs, windowMs })
    }
    return samples
  }

  async pods(
    { name, selector }: MetricIdentifier,
    { namespace, podSelector }: { namespace: string; podSelector: string },
  ) {
    const query = queryOf({ labelSelector: podSelector || undefined, metricLabelSelector: selectorText(selector) })
    const path = `${await this.#root('custom')}/namespaces/${namespace}/pods/*/${encodeURIComponent(name)}${query}`
    const what = `get pods.custom.metrics.k8s.io *`
    const items = await this.#items<MetricValue>(path, { api: 'custom', what })
    const samples = new Map<string, PodSample>()
    for (const { describedObject, timestamp, windowSeconds, value } of items) {
      const windowMs = windowSeconds === undefined ? defaultWindowMs : windowSeconds * 1000
      samples.set(describedObject?.name ?? '', {
        value: milliValue(value),
        timestampMs: Date.parse(timestamp),
        windowMs,
      })
    }
    return samples
  }

  /** Of one object, in thousandths. */
  async object(
    { name, selector }: MetricIdentifier,
    reference: CrossVersionObjectReference,
    namespace: string,
  ): Promise<number> {
    const root = await this.#root('custom')
    const query = queryOf({ metricLabelSelector: selectorText(selector) })
    const place = await this.#placeOf(reference)
    const path = `${root}/namespaces/${namespace}/${place}/${encodeURIComponent(name)}${query}`
    const [resource] = place.split('/')
    const what = `get ${resource}.custom.metrics.k8s.io ${resource === 'metrics' ? name : reference.name}`
    const items = await this.#fetch<MetricValue>(path, { api: 'custom', what })
    if (items.length !== 1)
      throw new Error(
        `${unable('custom')}: the custom metrics API server returned ${items.length} results when we asked for exactly one`,
      )
    return milliValue(items[0]?.value ?? '0')
  }

  /** The sum of all series that match, in thousandths. */
  async external({ name, selector }: MetricIdentifier, namespace: string): Promise<number> {
    const query = queryOf({ labelSelector: selectorText(selector) })
    const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${encodeURIComponent(name)}${query}`
    const what = `get ${name}.external.metrics.k8s.io`
    const items = await this.#items<MetricValue>(path, { api: 'external', what })
    return items.reduce((sum, { value }) => sum + milliValue(value), 0)
  }

  /** Of objects without a namespace too: adapters are asked in the autoscaler's own, of that namespace alone. */
  async #placeOf({ kind, name, apiVersion = 'v1' }: CrossVersionObjectReference): Promise<string> {
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
    if (kind === 'Namespace' && group === '') return 'metrics'
    const { resources } = await discoverResources(this.#client)
    const found = resources.find((one) => one.kind === kind && one.group === group)
    const full = group === '' ? kind : `${kind}.${group}`
    if (!found) {
      throw new Error(
        `${unable('custom')}: unable to map kind ${full} to resource: no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`,
      )
    }
    const plural = group === '' ? found.plural : `${found.plural}.${group}`
    return `${plural}/${encodeURIComponent(name)}`
  }

  /** The adapter's preferred version, asked for once. */
  async #root(api: 'custom'): Promise<string> {
    const group = `${api}.metrics.k8s.io`
    const known = this.#versions.get(group)
    if (known) return `/apis/${known}`
    try {
      const { preferredVersion } = await this.#client.raw<{ preferredVersion?: { groupVersion: string } }>(
        'GET',
        `/apis/${group}`,
      )
      const version = preferredVersion?.groupVersion ?? `${group}/v1beta2`
      this.#versions.set(group, version)
      return `/apis/${version}`
    } catch (error) {
      if (isAbsent(error))
        throw new Error(`${unable('custom')}: no custom metrics API (custom.metrics.k8s.io) registered`)
      throw new Error(`${unable('custom')}: ${messageOf(error)}`)
    }
  }

  async #items<T>(path: string, about: { api: string; what: string }): Promise<T[]> {
    const items = await this.#fetch<T>(path, about)
    if (items.length === 0) throw new Error(`no metrics returned from ${about.api} metrics API`)
    return items
  }

  async #fetch<T>(path: string, { api, what }: { api: string; what: string }): Promise<T[]> {
    try {
      return (await this.#client.raw<{ items?: T[] }>('GET', path)).items ?? []
    } catch (error) {
      throw new Error(`${unable(api)}: ${wordsOf(error, what)}`)
    }
  }
}

/** Of answers without words of their own: nobody serves the group, or who does is away. */
function wordsOf(error: unknown, what: string): string {
  if (isAbsent(error)) return `the server could not find the requested resource (${what})`
  if (error instanceof ApiError && error.code === 503 && !error.status.details)
    return `the server is currently unable to handle the request (${what})`
  return messageOf(error)
}

function unable(api: string): string {
  return `unable to fetch metrics from ${api} metrics API`
}

/** The group is not served at all, which the server says in plain text. */
function isAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404 && error.message === '404 page not found'
}

function selectorText(selector: LabelSelector | undefined): string | undefined {
  if (!selector) return undefined
  const requirements = labelSelectorRequirements(selector)
  return requirements === 'nothing' ? undefined : formatLabelSelector(requirements) || undefined
}

const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 1e-6,
}

/** A duration as Go writes it: `30s`, `1m30s`, `14.3s`. */
function durationMs(text: string): number {
  let sum = 0
  for (const [, value, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)/g)) {
    sum += Number(value) * (unitMs[unit] ?? 0)
  }
  return sum
}
