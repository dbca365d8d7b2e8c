/**
 * Answers for an address by the kernel itself: a local route makes it reply to ARP, and an entry for the link to
 * neighbour solicitations of IPv6. So that nothing else of the machine can be reached there, what the service proxy has
 * not translated is refused, but for pings.
 */
import { isIPv4, isIPv6 } from 'node:net'
import type { Exec } from '../../platform/exec.ts'
import { bridgeName } from '../cni/plan.ts'

type Runner = Pick<Exec, 'run'>

export const balancerTable = 'k8ts-balancers'
/** By which our routes are known from others'. */
export const routeProtocol = '84'

/** An address of a link to other machines. */
export interface OwnAddress {
  /** With its prefix: `192.0.2.1/24`. */
  cidr: string
  link: string
}

/** A load balancer's address, and the link whose hosts ask for it. */
export interface Announced {
  address: string
  link: string
}

export async function ownAddresses(exec: Runner): Promise<OwnAddress[]> {
  const { stdout } = await must(exec, ['ip', '-o', 'addr', 'show', 'up', 'scope', 'global'])
  const lines = stdout.split('\n').map((line) => /^\d+: ([^\s@]+)\S*\s+inet6? (\S+)/.exec(line))
  return lines.flatMap((found) =>
    found?.[1] && found[2] && found[1] !== bridgeName ? [{ link: found[1], cidr: found[2] }] : [],
  )
}

/** Makes the kernel answer for these addresses and no others. First it refuses, then it answers. Returns those that are new. */
export async function answerFor(exec: Runner, wanted: readonly Announced[]): Promise<Announced[]> {
  const present = await answeredFor(exec)
  if (wanted.length === 0 && present.length === 0) return []
  await must(exec, ['nft', '-f', '-'], refusals(wanted.map(({ address }) => address)))
  const isWanted = new Set(wanted.map(({ address }) => address))
  for (const address of present) if (!isWanted.has(address)) await letGo(exec, address)
  const fresh = wanted.filter(({ address }) => !present.includes(address))
  for (const one of fresh) await take(exec, one)
  return fresh
}

export async function answeredFor(exec: Runner): Promise<string[]> {
  const found: string[] = []
  for (const family of ['-4', '-6'] as const) {
    const { stdout } = await must(exec, ['ip', family, 'route', 'show', 'table', 'local', 'proto', routeProtocol])
    found.push(...stdout.split('\n').flatMap((line) => /^local (\S+)/.exec(line)?.[1] ?? []))
  }
  return found
}

/** IPv4 needs the local route alone; IPv6 answers neighbours by name of the link, where that is allowed, and at once. */
async function take(exec: Runner, { address, link }: Announced): Promise<void> {
  await route(exec, 'replace', address)
  if (!isIPv6(address)) return
  const name = link.replaceAll('.', '/')
  const settings = [`net.ipv6.conf.${name}.proxy_ndp=1`, `net.ipv6.neigh.${name}.proxy_delay=0`]
  await must(exec, ['sysctl', '-qw', ...settings])
  await must(exec, ['ip', '-6', 'neigh', 'replace', 'proxy', address, 'dev', link])
}

async function letGo(exec: Runner, address: string): Promise<void> {
  if (isIPv6(address)) {
    const { stdout } = await must(exec, ['ip', '-6', 'neigh', 'show', 'proxy'])
    for (const [, known, link] of stdout.matchAll(/^(\S+) dev (\S+)/gm))
      if (known === address && link) await must(exec, ['ip', '-6', 'neigh', 'del', 'proxy', address, 'dev', link])
  }
  await route(exec, 'del', address)
}

function route(exec: Runner, verb: 'replace' | 'del', address: string) {
  const family = isIPv6(address) ? '-6' : '-4'
  const to = ['local', address, 'dev', 'lo', 'table', 'local', 'proto', routeProtocol]
  return must(exec, ['ip', family, 'route', verb, ...to])
}

/** An nft script that makes the tables anew, in one transaction. */
function refusals(addresses: readonly string[]): string {
  return [
    ...refusalsOf('ip', 'ipv4_addr', addresses.filter(isIPv4), 'icmp type echo-request'),
    // Who knows the address already asks it itself whether it is still there.
    ...refusalsOf(
      'ip6',
      'ipv6_addr',
      addresses.filter(isIPv6),
      'icmpv6 type { echo-request, nd-neighbor-solicit, nd-neighbor-advert }',
    ),
  ].join('\n')
}

function refusalsOf(family: 'ip' | 'ip6', type: string, addresses: readonly string[], answered: string): string[] {
  const table = `${family} ${balancerTable}`
  const made = [`add table ${table}`, `delete table ${table}`]
  if (family === 'ip6' && addresses.length === 0) return [...made, '']
  const elements = addresses.length > 0 ? ` elements = { ${addresses.join(', ')} };` : ''
  return [
    ...made,
    `add table ${table}`,
    `add set ${table} addresses { type ${type};${elements} }`,
    `add chain ${table} input { type filter hook input priority -2; policy accept; }`,
    `add rule ${table} input ${family} daddr != @addresses accept`,
    `add rule ${table} input ${answered} accept`,
    `add rule ${table} input meta l4proto tcp reject with tcp reset`,
    `add rule ${table} input reject`,
    '',
  ]
}

async function must(exec: Runner, argv: readonly [string, ...string[]], input?: string) {
  const result = await exec.run(argv, input === undefined ? {} : { input })
  if (result.exitCode === 0) return result
  throw new Error(`${argv.slice(0, 4).join(' ')}: ${result.stderr.trim().split('\n')[0]?.slice(0, 300)}`)
}
