/** `node_ipam_controller_*`, by the cluster's ranges. Source: kube-controller-manager's range allocator. */
import { coreV1 } from '../../api/resources.ts'
import type { ControllerParts } from '../../client/controller.ts'
import type { GaugeReading, Meters } from '../../client/meters.ts'
import { type ClusterCidr, usedBlocks } from './plan.ts'

const prefix = 'node_ipam_controller'

export class BlockCounts {
  readonly #meters: Meters | undefined
  readonly #names: readonly string[]

  /** `names`: the ranges as they were given. */
  constructor({ meters, informers }: ControllerParts, names: readonly string[], cidrs: readonly ClusterCidr[]) {
    this.#meters = meters
    this.#names = names
    const nodes = informers.of(coreV1.nodes)
    const read = (value: (cidr: ClusterCidr) => number) => (): GaugeReading[] =>
      cidrs.map((cidr, index) => [[names[index] ?? ''], value(cidr)])
    const most = read(({ blocks }) => Number(blocks))
    const usage = read((cidr) => usedBlocks(cidr, nodes.list()).size / Number(cidr.blocks))
    meters?.gauge(`${prefix}_cirdset_max_cidrs`, most)
    meters?.gauge(`${prefix}_cidrset_usage_cidrs`, usage)
  }

  allocated(): void {
    for (const name of this.#names) {
      this.#meters?.count(`${prefix}_cidrset_cidrs_allocations_total`, [name])
      // The lowest free block is found at once.
      this.#meters?.observe(`${prefix}_cidrset_allocation_tries_per_request`, [name], 1)
    }
  }

  released(): void {
    for (const name of this.#names) this.#meters?.count(`${prefix}_cidrset_cidrs_releases_total`, [name])
  }
}
