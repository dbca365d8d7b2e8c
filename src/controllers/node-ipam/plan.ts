/** Which part of the cluster's pod addresses a node gets: one block of fixed size per address family. */
import type { Node } from '../../api/types/core/v1.ts'

/** Bits of a node's block, by family. Source: --node-cidr-mask-size-ipv4 and -ipv6. */
export interface NodeMasks {
  IPv4: number
  IPv6: number
}

const usualMasks: NodeMasks = { IPv4: 24, IPv6: 64 }

/** Source: the range allocator, which keeps a bit for each. */
const blockBitsMax = 16

export interface ClusterCidr {
  family: 'IPv4' | 'IPv6'
  /** Bits of a node's block. */
  nodeBits: number
  base: bigint
  /** How many nodes fit. */
  blocks: bigint
  /** log2 of the addresses in a block. */
  blockBits: bigint
}

export class CidrError extends Error {}

/** Throws `CidrError`. */
export function parseClusterCidr(text: string, masks: Partial<NodeMasks> = {}): ClusterCidr {
  const parsed = parseCidr(text)
  if (!parsed) throw new CidrError(`cluster CIDR ${JSON.stringify(text)} is no CIDR`)
  const { family, base, prefix } = parsed
  const nodeBits = masks[family] ?? usualMasks[family]
  if (prefix > nodeBits) throw new CidrError(`cluster CIDR ${text} is smaller than a node's /${nodeBits}`)
  const width = family === 'IPv4' ? 32 : 128
  if (nodeBits > width) throw new CidrError(`a node's /${nodeBits} is no ${family} range`)
  if (family === 'IPv6' && nodeBits - prefix > blockBitsMax)
    throw new CidrError(`cluster CIDR ${text} has too many ranges of /${nodeBits}: 2^${blockBitsMax} is the most`)
  return { family, nodeBits, base, blocks: 1n << BigInt(nodeBits - prefix), blockBits: BigInt(width - nodeBits) }
}

/** Throws `CidrError` for what is none. */
export function checkCidrs(texts: readonly string[]): void {
  for (const text of texts) if (!parseCidr(text)) throw new CidrError(`${JSON.stringify(text)} is no CIDR`)
}

/** The block numbers of this cluster CIDR that nodes have. */
export function usedBlocks(cidr: ClusterCidr, nodes: readonly Node[]): Set<bigint> {
  const used = new Set<bigint>()
  for (const node of nodes) {
    for (const text of podCidrsOf(node)) {
      const parsed = parseCidr(text)
      if (parsed?.family !== cidr.family) continue
      const first = (parsed.base - cidr.base) >> cidr.blockBits
      const width = BigInt(cidr.family === 'IPv4' ? 32 : 128)
      const size = 1n << (width - BigInt(parsed.prefix))
      const last = (parsed.base + size - 1n - cidr.base) >> cidr.blockBits
      const end = last < cidr.blocks ? last : cidr.blocks - 1n
      for (let block = first < 0n ? 0n : first; block <= end; block++) used.add(block)
    }
  }
  return used
}

/** The lowest free block; undefined when all are taken. */
export function freeBlock(cidr: ClusterCidr, used: ReadonlySet<bigint>): bigint | undefined {
  for (let block = 0n; block < cidr.blocks; block++) if (!used.has(block)) return block
  return undefined
}

export function blockText(cidr: ClusterCidr, block: bigint): string {
  return `${addressText(cidr.family, cidr.base + (block << cidr.blockBits))}/${cidr.nodeBits}`
}

export function podCidrsOf({ spec }: Node): readonly string[] {
  return spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : [])
}

function parseCidr(text: string): { family: 'IPv4' | 'IPv6'; base: bigint; prefix: number } | undefined {
  const [address = '', prefixText = ''] = text.split('/')
  const family = address.includes(':') ? 'IPv6' : 'IPv4'
  const value = family === 'IPv4' ? parseIpv4(address) : parseIpv6(address)
  const prefix = Number(prefixText)
  const width = family === 'IPv4' ? 32 : 128
  if (value === undefined || !/^\d+$/.test(prefixText) || prefix > width) return undefined
  const hostBits = BigInt(width - prefix)
  return { family, base: (value >> hostBits) << hostBits, prefix }
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

function addressText(family: 'IPv4' | 'IPv6', value: bigint): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  ).join(':')
  // The longest run of zero groups is written as `::` (RFC 5952).
  const runs = [...groups.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((one, other) => other[0].length - one[0].length)
  const run = runs[0]
  if (!run) return groups
  return `${groups.slice(0, run.index)}::${groups.slice(run.index + run[0].length + 1)}`
}
