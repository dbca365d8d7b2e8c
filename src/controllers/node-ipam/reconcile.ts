/** Gives each node its block of pod addresses. One node after the other: two must never get the same block. */

import { coreV1 } from '../../api/resources.ts'
import type { Node } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { BlockCounts } from './metrics.ts'
import {
  blockText,
  type ClusterCidr,
  checkCidrs,
  freeBlock,
  type NodeMasks,
  parseClusterCidr,
  podCidrsOf,
  usedBlocks,
} from './plan.ts'

/** Without a free block, look again after this long: a node may have gone. */
const retryFullMs = 60_000

export interface NodeIpamOptions {
  /** One for each address family. */
  clusterCidrs: readonly string[]
  /** What no node gets. Default: none. */
  serviceCidrs?: readonly string[]
  /** Bits of a node's range. Default: 24 and 64. */
  nodeMasks?: Partial<NodeMasks>
}

/** Throws `CidrError` when a range can't be used. */
export function nodeIpamController(
  parts: ControllerParts,
  { clusterCidrs, serviceCidrs = [], nodeMasks }: NodeIpamOptions,
): Controller {
  const cidrs = clusterCidrs.map((cidr) => parseClusterCidr(cidr, nodeMasks))
  checkCidrs(serviceCidrs)
  const nodes = parts.informers.of(coreV1.nodes)
  const events = parts.events.as('cidrAllocator')
  /** Blocks given out whose node the cache does not show yet. */
  const given = new Map<string, readonly string[]>()

  const counts = new BlockCounts(parts, clusterCidrs, cidrs)

  function choose(): string[] | undefined {
    const taken = [...given.values(), serviceCidrs]
    const known: Node[] = [
      ...nodes.list(),
      ...taken.map((podCIDRs) => ({ metadata: {}, spec: { podCIDRs: [...podCIDRs] } })),
    ]
    const chosen = cidrs.map((cidr: ClusterCidr) => {
      const block = freeBlock(cidr, usedBlocks(cidr, known))
      return block === undefined ? undefined : blockText(cidr, block)
    })
    return chosen.includes(undefined) ? undefined : (chosen as string[])
  }

  async function reconcile(name: string): Promise<Outcome> {
    const node = nodes.get(name)
    if (!node || podCidrsOf(node).length > 0) {
      given.delete(name)
      return done
    }
    if (given.has(name)) return done
    const podCIDRs = choose()
    if (!podCIDRs) {
      const message = `Node ${name} status is now: CIDRNotAvailable`
      events.event({ resource: coreV1.nodes, object: node }, 'Normal', 'CIDRNotAvailable', message)
      return { kind: 'requeueAfter', delayMs: retryFullMs }
    }
    const { uid, resourceVersion } = node.metadata
    const patch = { metadata: { uid, resourceVersion }, spec: { podCIDR: podCIDRs[0], podCIDRs } }
    given.set(name, podCIDRs)
    try {
      await ifThere(parts.client.of(coreV1.nodes).patch(name, { type: 'merge', patch }))
      counts.allocated()
    } catch (error) {
      given.delete(name)
      throw error
    }
    return done
  }

  return {
    name: 'node-ipam',
    workers: 1,
    sources: [
      source(nodes, ({ type, object }) => {
        if (type === 'deleted' && podCidrsOf(object).length > 0) counts.released()
        return [object.metadata.name ?? '']
      }),
    ],
    reconcile,
  }
}
