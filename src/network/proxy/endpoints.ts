/**
 * Which endpoints of a Service port take new connections. Pure.
 *
 * Ready ones; when there is none, those that are terminating but still serve, so that a rolling update of a single
 * replica loses nothing. The same choice is made among this node's endpoints for `Local` policies.
 * Sources: KEP-1669 (terminating endpoints), KEP-2086 (internal traffic policy), KEP-2433 and KEP-4444 (topology hints
 * and traffic distribution).
 */
import type { ServicePort } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointSlice } from '../../api/types/discovery/v1.ts'

export interface NodePlace {
  nodeName: string
  /** The node's label `topology.kubernetes.io/zone`. */
  zone?: string
}

export interface Backend {
  address: string
  port: number
  isLocal: boolean
}

export interface Backends {
  /** For clients of the whole cluster, sorted. */
  cluster: Backend[]
  /** On this node, sorted. */
  local: Backend[]
  /** Whether any endpoint anywhere could serve, even if no client of this node is sent there. */
  exist: boolean
}

interface Candidate extends Backend {
  ready: boolean
  servesWhileTerminating: boolean
  endpoint: Endpoint
}

/** @param slices the Service's slices of one address family */
export function backendsOf(port: ServicePort, slices: readonly EndpointSlice[], place: NodePlace): Backends {
  const candidates = candidatesOf(port, slices, place)
  const all = usable(candidates)
  const local = usable(candidates.filter((candidate) => candidate.isLocal))
  return { cluster: sorted(nearby(all, place)), local: sorted(local), exist: all.length > 0 }
}

function candidatesOf(port: ServicePort, slices: readonly EndpointSlice[], place: NodePlace): Candidate[] {
  const protocol = port.protocol ?? 'TCP'
  const found = new Map<string, Candidate>()
  for (const slice of slices) {
    const target = slice.ports?.find(
      (each) => (each.name ?? '') === (port.name ?? '') && (each.protocol ?? 'TCP') === protocol,
    )
    if (target?.port === undefined) continue
    for (const endpoint of slice.endpoints ?? []) {
      const address = endpoint.addresses[0]
      if (address === undefined) continue
      const { ready = true, serving = ready, terminating = false } = endpoint.conditions ?? {}
      const candidate = {
        address,
        port: target.port,
        isLocal: endpoint.nodeName === place.nodeName,
        ready,
        servesWhileTerminating: serving && terminating,
        endpoint,
      }
      // The same address in two slices appears while an endpoint moves between them; the ready one counts.
      const key = `${address}:${target.port}`
      if (!found.get(key)?.ready) found.set(key, candidate)
    }
  }
  return [...found.values()]
}

function usable(candidates: readonly Candidate[]): Candidate[] {
  const ready = candidates.filter((candidate) => candidate.ready)
  return ready.length > 0 ? ready : candidates.filter((candidate) => candidate.servesWhileTerminating)
}

/** Follows hints only when every endpoint has one and some point here: otherwise clients would be left without. */
function nearby(candidates: readonly Candidate[], { nodeName, zone }: NodePlace): readonly Candidate[] {
  const byNode = hinted(candidates, (each) => each.endpoint.hints?.forNodes?.map((hint) => hint.name), nodeName)
  if (byNode) return byNode
  const byZone = hinted(candidates, (each) => each.endpoint.hints?.forZones?.map((hint) => hint.name), zone)
  return byZone ?? candidates
}

function hinted(
  candidates: readonly Candidate[],
  hintsOf: (candidate: Candidate) => string[] | undefined,
  here: string | undefined,
): readonly Candidate[] | undefined {
  if (here === undefined || candidates.some((candidate) => !hintsOf(candidate)?.length)) return undefined
  const near = candidates.filter((candidate) => hintsOf(candidate)?.includes(here))
  return near.length > 0 ? near : undefined
}

function sorted(candidates: readonly Candidate[]): Backend[] {
  return candidates
    .map(({ address, port, isLocal }) => ({ address, port, isLocal }))
    .sort((a, b) => (a.address === b.address ? a.port - b.port : a.address < b.address ? -1 : 1))
}
