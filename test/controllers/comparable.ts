/** Brings two states of a namespace to a form in which only what matters differs: names, hashes, times and ids do not. */
import type { KubeObject } from '../../src/api/meta.ts'

export interface RecordedEvent {
  object: string
  type: string
  reason: string
  message: string
  component: string
}

export interface State {
  objects: KubeObject[]
  events: RecordedEvent[]
}

/** Components that say things in the recordings and are not under test: the node agent, and the volume binder. */
const others = new Set(['kubelet', 'persistentvolume-controller'])

type Json = Record<string, unknown>

/** Objects of the given kinds and events of controllers and scheduler, each as a sorted list. */
export function comparable(
  { objects, events }: State,
  kinds: ReadonlySet<string>,
): { objects: Json[]; events: string[] } {
  const rename = renamer(objects)
  const shown = objects
    .filter(({ kind }) => kinds.has(kind ?? ''))
    .map((object) => JSON.parse(rename(JSON.stringify(cleaned(object)))) as Json)
  return {
    objects: shown.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    events: [...new Set(events.filter(({ component }) => !others.has(component)).map(eventText))].map(rename).sort(),
  }
}

function eventText({ object, type, reason, message, component }: RecordedEvent): string {
  return `${object} ${type} ${reason} ${component}: ${message}`
}

function keyOf(object: Json): string {
  const { kind, metadata } = object as { kind: string; metadata: Json }
  return `${kind} ${metadata.name} ${JSON.stringify(object)}`
}

/** Hashes by the order of their revisions, random suffixes as stars. */
function renamer(objects: readonly KubeObject[]): (text: string) => string {
  const hashes = objects
    .map((object) => ({ hash: hashOf(object), revision: revisionOf(object) }))
    .filter((one): one is { hash: string; revision: number } => one.hash !== undefined)
    .sort((one, other) => one.revision - other.revision)
    .map(({ hash }) => hash)
  const suffix = '[bcdfghjklmnpqrstvwxz2456789]{5}'
  const random = new RegExp(`\\b((?:d-HASH\\d|rs|ds|j|j-\\d|svc|ext|kube-api-access)-)${suffix}\\b`, 'g')
  return (text) => {
    let renamed = text
    for (const [index, hash] of [...new Set(hashes)].entries()) renamed = renamed.replaceAll(hash, `HASH${index + 1}`)
    return renamed.replace(random, '$1*')
  }
}

function hashOf({ kind, metadata }: KubeObject): string | undefined {
  if (kind === 'ReplicaSet') return metadata.labels?.['pod-template-hash']
  if (kind !== 'ControllerRevision') return undefined
  return metadata.labels?.['controller-revision-hash'] ?? metadata.labels?.['controller.kubernetes.io/hash']
}

function revisionOf(object: KubeObject): number {
  const { revision } = object as { revision?: number }
  return revision ?? Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'])
}

function cleaned(object: KubeObject): Json {
  const copy = structuredClone(object) as unknown as Json & { metadata: Json; spec?: Json; status?: Json }
  for (const field of ['uid', 'resourceVersion', 'managedFields', 'selfLink']) delete copy.metadata[field]
  delete copy.apiVersion
  if (copy.kind === 'Pod') cleanPod(copy)
  if (copy.kind === 'EndpointSlice') {
    // How often it was written, and the order of the addresses, hang on who was ready when.
    delete copy.metadata.generation
    const endpoints = (copy as unknown as { endpoints: Json[] }).endpoints
    endpoints.sort((one, other) => (JSON.stringify(one.targetRef) < JSON.stringify(other.targetRef) ? -1 : 1))
  }
  if (copy.kind === 'Service') {
    delete copy.spec?.clusterIP
    delete copy.spec?.clusterIPs
  }
  return withoutTimes(copy) as Json
}

/** What happens on the node is the kubelet's; what the scheduler says stays. */
function cleanPod(pod: Json & { status?: Json }): void {
  const conditions = ((pod.status?.conditions ?? []) as Json[]).filter(
    ({ type, status }) => (type === 'PodScheduled' && status === 'False') || type === 'DisruptionTarget',
  )
  for (const condition of conditions) delete condition.lastProbeTime
  pod.status = { conditions }
}

/** Times become one word; ids and addresses go. */
function withoutTimes(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutTimes(item, key))
  if (typeof value !== 'object' || value === null) {
    if (typeof value !== 'string') return value
    if (/^<time>$|^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return '<time>'
    return /^<ip>$|^(\d+\.){3}\d+$/.test(value) && value !== '198.51.100.7' ? '<ip>' : value
  }
  const entries = Object.entries(value).filter(
    ([name]) => name !== 'uid' && name !== 'batch.kubernetes.io/controller-uid' && name !== 'controller-uid',
  )
  return Object.fromEntries(entries.map(([name, item]) => [name, withoutTimes(item, name)]))
}
