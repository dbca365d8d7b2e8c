/**
 * The table's chains and the maps they read, as nft script text. Pure.
 *
 * A rule can draw a random number only below a constant, so Services with equally many endpoints and the same
 * treatment share a chain, made when it is first needed: `cluster-3` draws 0, 1 or 2 and goes to the chain of that
 * place in the list, where one map has the endpoint of every Service. No chain belongs to a Service, which is what
 * keeps ten thousand of them quick.
 *
 * | chain | treatment |
 * |---|---|
 * | `cluster-N` | cluster IP: masquerade clients that are no pods |
 * | `external-N` | addresses and node ports for all: masquerade |
 * | `split` | `externalTrafficPolicy: Local`: inside clients to `inside-N`, others to `local-N` |
 * | `inside-N` | any endpoint |
 * | `local-N` | this node's endpoints, client address kept |
 * | `endpoints-I`, `local-endpoints-I` | translates to the endpoint at place I |
 * | `remember-S` | notes the endpoint a client got, for S seconds |
 *
 * With `port-` in front the key is (protocol, port) of a node port; with `sticky-` before the number, a remembered
 * endpoint goes first. Keys are of plain types: with `typeof` and a number in the key, nft 1.0 refuses to add a chain
 * to a table that is in the kernel already.
 *
 * Each IP family has a table of its own, alike but for the words that name addresses, and for affinity: keys of two IPv6
 * addresses are too wide for nft 1.0 to remember, so that there the client's address itself chooses the endpoint.
 */
import type { Family, FixedMap } from './element.ts'

export interface RulesetOptions {
  table: string
  /** Default IPv4. */
  family?: Family
  /** All nodes' pod ranges, `10.244.0.0/16`: who comes from there is inside. */
  clusterCidr: string
  /** Addresses of Services: nothing for an unused one leaves the node. */
  serviceCidr: string
  /**
   * False where the kernel can't track bridged packets: connections between two pods of this node through a Service
   * are masqueraded then, or the answer would go astray.
   */
  bridgeFiltered: boolean
}

/** Bit that a packet carries from its translation to the masquerade; the value other proxies use as well. */
const masqueradeMark = '0x4000'
const mark = `meta mark set meta mark | ${masqueradeMark}`
const affinitySizeMax = 65_536
/** The same on every node, so that a client gets the same endpoint by each. */
const hashSeed = '0x6b387473'

const portKey = 'meta l4proto . th dport'
const typeOfPortKey = 'inet_proto . inet_service'
const routable = 'meta l4proto { tcp, udp, sctp }'

/** nft's words for a family. */
interface Words {
  /** Of tables, and of the fields of packets. */
  ip: 'ip' | 'ip6'
  type: 'ipv4_addr' | 'ipv6_addr'
  loopback: string
  addressKey: string
  typeOfAddressKey: string
}

export function familyWord(family: Family = 'IPv4'): Words['ip'] {
  return family === 'IPv4' ? 'ip' : 'ip6'
}

function wordsOf({ family = 'IPv4' }: Pick<RulesetOptions, 'family'>): Words {
  const [ip, type, loopback] =
    family === 'IPv4' ? (['ip', 'ipv4_addr', '127.0.0.0/8'] as const) : (['ip6', 'ipv6_addr', '::1'] as const)
  const addressKey = `${ip} daddr . meta l4proto . th dport`
  return { ip, type, loopback, addressKey, typeOfAddressKey: `${type} . ${typeOfPortKey}` }
}

const declarationsOf = ({ type, typeOfAddressKey }: Words): Record<FixedMap, string> => ({
  services: `map services { type ${typeOfAddressKey} : verdict; }`,
  'inside-verdicts': `map inside-verdicts { type ${typeOfAddressKey} : verdict; }`,
  'outside-verdicts': `map outside-verdicts { type ${typeOfAddressKey} : verdict; }`,
  'port-services': `map port-services { type ${typeOfPortKey} : verdict; }`,
  'port-inside-verdicts': `map port-inside-verdicts { type ${typeOfPortKey} : verdict; }`,
  'port-outside-verdicts': `map port-outside-verdicts { type ${typeOfPortKey} : verdict; }`,
  unserved: `map unserved { type ${typeOfAddressKey} : verdict; }`,
  'port-unserved': `map port-unserved { type ${typeOfPortKey} : verdict; }`,
  sticky: `map sticky { type ${typeOfAddressKey} : verdict; }`,
  'port-sticky': `map port-sticky { type ${typeOfPortKey} : verdict; }`,
  'cluster-ips': `set cluster-ips { type ${type}; }`,
  hairpin: `set hairpin { type ${type} . ${type}; }`,
  'host-ports': `map host-ports { type ${typeOfPortKey} : ${type} . inet_service; }`,
  'host-address-ports': `map host-address-ports { type ${typeOfAddressKey} : ${type} . inet_service; }`,
})

/** Makes the table anew: what was in it is gone when the transaction ends. */
export function baseScript(options: RulesetOptions): string {
  const words = wordsOf(options)
  const table = `${words.ip} ${options.table}`
  const lines = [`add table ${table}`, `delete table ${table}`, `add table ${table}`]
  for (const declaration of Object.values(declarationsOf(words))) lines.push(`add ${inTable(declaration, table)}`)
  lines.push(`add ${inTable(affinityDeclaration(words), table)}`)
  for (const [chain, rules] of Object.entries(fixedChains(options, words)))
    lines.push(...chainLines(table, chain, rules))
  for (const [chain, [hook, rules]] of Object.entries(hookedChains(options, words)))
    lines.push(`add chain ${table} ${chain} { type ${hook}; policy accept; }`, ...ruleLines(table, chain, rules))
  return `${lines.join('\n')}\n`
}

function affinityDeclaration({ type, typeOfAddressKey }: Words): string {
  const types = `${type} . ${typeOfAddressKey} : ${type} . inet_service`
  return `map affinity { type ${types}; flags dynamic,timeout; size ${affinitySizeMax}; }`
}

/** `map services {…}` → `map ip k8ts services {…}` */
function inTable(declaration: string, table: string): string {
  return declaration.replace(/^(map|set) /, `$1 ${table} `)
}

function fixedChains({ clusterCidr }: RulesetOptions, { ip, addressKey }: Words): Record<string, string[]> {
  const split = (key: string, prefix: string): string[] => [
    `${ip} saddr ${clusterCidr} ${key} vmap @${prefix}inside-verdicts`,
    `fib saddr type local ${mark} ${key} vmap @${prefix}inside-verdicts`,
    `${key} vmap @${prefix}outside-verdicts`,
  ]
  // Loopback addresses among them: packets from elsewhere to those never get here (`../cni/plan.ts`).
  const toThisNode = 'fib daddr type local'
  return {
    split: split(addressKey, ''),
    'port-split': split(portKey, 'port-'),
    find: [
      `${addressKey} vmap @services`,
      `${toThisNode} ${portKey} vmap @port-services`,
      `${toThisNode} ${routable} dnat ${ip} to ${addressKey} map @host-address-ports`,
      `${toThisNode} ${routable} dnat ${ip} to ${portKey} map @host-ports`,
    ],
    refuse: ['meta l4proto tcp reject with tcp reset', 'reject'],
    'find-unserved': [`${addressKey} vmap @unserved`, `${toThisNode} ${portKey} vmap @port-unserved`],
    'find-sticky': ['tcp', 'udp', 'sctp'].flatMap((protocol) => [
      `meta l4proto ${protocol} ct original ${ip} daddr . meta l4proto . ct original proto-dst vmap @sticky`,
      `meta l4proto ${protocol} meta l4proto . ct original proto-dst vmap @port-sticky`,
    ]),
  }
}

/** Chain → hook and rules. Translation sees the first packet of a connection only, and so do its chains. */
function hookedChains(
  options: RulesetOptions,
  { ip, loopback }: Words,
): Record<string, [hook: string, rules: string[]]> {
  const { clusterCidr, serviceCidr, bridgeFiltered } = options
  const unused = [`${ip} daddr @cluster-ips jump refuse`, `${ip} daddr ${serviceCidr} drop`]
  const sameNode = `ct status dnat ${ip} saddr ${clusterCidr} ${ip} daddr ${clusterCidr} masquerade fully-random`
  return {
    prerouting: ['nat hook prerouting priority -100', ['jump find']],
    output: ['nat hook output priority -100', ['jump find']],
    input: ['nat hook input priority 100', ['ct status dnat jump find-sticky']],
    postrouting: [
      'nat hook postrouting priority 100',
      [
        'ct status dnat jump find-sticky',
        'oifname "lo" return',
        `meta mark & ${masqueradeMark} != 0 meta mark set meta mark & 0xffffbfff masquerade fully-random`,
        `ct status dnat ${ip} saddr . ${ip} daddr @hairpin masquerade fully-random`,
        `ct status dnat ${ip} saddr ${loopback} masquerade fully-random`,
        ...(bridgeFiltered ? [] : [sameNode]),
      ],
    ],
    'filter-input': ['filter hook input priority -1', ['ct state new jump find-unserved']],
    'filter-forward': ['filter hook forward priority -1', ['ct state new jump find-unserved', ...unused]],
    'filter-output': ['filter hook output priority -1', ['ct state new jump find-unserved', ...unused]],
  }
}

/**
 * The commands that make a shared chain, after those it goes to.
 * @param present chains that exist; the ones made are added
 * Throws on a name that no plan produces.
 */
export function sharedChain(name: string, present: Set<string>, options: RulesetOptions): string[] {
  if (present.has(name)) return []
  present.add(name)
  const words = wordsOf(options)
  const { ip, addressKey } = words
  const table = `${ip} ${options.table}`
  const remember = /^remember-(\d+)$/.exec(name)
  if (remember) return chainLines(table, name, rememberRules(Number(remember[1]), words))
  if (/endpoints-\d+$/.test(name)) return endpointChain(name, table, words)
  const parsed = /^(port-)?(cluster|external|inside|local)-(sticky-)?(\d+)$/.exec(name)
  if (!parsed) throw new Error(`make the nft chain ${name}: no treatment has this name`)
  const [, prefix = '', flow, sticky, count] = parsed
  const list = `${prefix}${flow === 'local' ? 'local-' : ''}endpoints`
  const places = Array.from({ length: Number(count) }, (_, index) => `${list}-${index}`)
  const rules: string[] = []
  if (flow === 'cluster') rules.push(`${ip} saddr != ${options.clusterCidr} ${mark}`)
  if (flow === 'external') rules.push(mark)
  const remembers = sticky !== undefined && ip === 'ip'
  if (remembers) rules.push(`${routable} dnat ${ip} to ${ip} saddr . ${addressKey} map @affinity`)
  const choice = sticky && !remembers ? `jhash ${ip} saddr mod ${count} seed ${hashSeed}` : `numgen random mod ${count}`
  rules.push(
    places.length === 1
      ? `goto ${places[0]}`
      : `${choice} vmap { ${places.map((place, index) => `${index} : goto ${place}`).join(', ')} }`,
  )
  return [...places.flatMap((place) => sharedChain(place, present, options)), ...chainLines(table, name, rules)]
}

/** A map and the chain of the same name that looks into it. */
function endpointChain(name: string, table: string, { ip, type, addressKey, typeOfAddressKey }: Words): string[] {
  const [key, typeOfKey] = name.startsWith('port-') ? [portKey, typeOfPortKey] : [addressKey, typeOfAddressKey]
  return [
    `add map ${table} ${name} { type ${typeOfKey} : ${type} . inet_service; }`,
    ...chainLines(table, name, [`${routable} dnat ${ip} to ${key} map @${name}`]),
  ]
}

/** The original destination's port is typed only behind a fixed protocol, hence a rule for each. */
function rememberRules(seconds: number, { ip }: Words): string[] {
  if (ip === 'ip6') return []
  const key = `ct original ${ip} saddr . ct original ${ip} daddr . meta l4proto . ct original proto-dst`
  return ['tcp', 'udp', 'sctp'].map(
    (protocol) =>
      `meta l4proto ${protocol} update @affinity { ${key} timeout ${seconds}s : ${ip} daddr . ${protocol} dport }`,
  )
}

/** `table` with its family: `ip k8ts`. */
function chainLines(table: string, chain: string, rules: readonly string[]): string[] {
  return [`add chain ${table} ${chain}`, ...ruleLines(table, chain, rules)]
}

function ruleLines(table: string, chain: string, rules: readonly string[]): string[] {
  return rules.map((rule) => `add rule ${table} ${chain} ${rule}`)
}
