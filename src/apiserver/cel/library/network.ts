/** IP addresses and networks. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library */
import ipaddr from 'ipaddr.js'
import { goQuoted } from '../../../api/errors.ts'
import { type Costs, declare, type Overload } from '../functions.ts'
import { add, exactly, scaled, textFactor } from '../sizes.ts'
import { CelError, noSuchOverload, Opaque, sizeOf, type Value } from '../values.ts'
import { reading } from './costs.ts'

/** Bytes of an address, most significant first. */
export class Ip extends Opaque {
  readonly typeName = 'net.IP'
  readonly bytes: readonly number[]
  override readonly size: number

  constructor(bytes: readonly number[]) {
    super()
    this.bytes = bytes
    this.size = bytes.length
  }

  override equals(other: Value): boolean {
    return other instanceof Ip && String(other.bytes) === String(this.bytes)
  }

  override toString(): string {
    const address = ipaddr.fromByteArray([...this.bytes])
    return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
  }
}

export class Cidr extends Opaque {
  readonly typeName = 'net.CIDR'
  readonly ip: Ip
  readonly bits: number
  override readonly size: number

  constructor(ip: Ip, bits: number) {
    super()
    this.ip = ip
    this.bits = bits
    this.size = Math.ceil(bits / 8)
  }

  override equals(other: Value): boolean {
    return other instanceof Cidr && other.bits === this.bits && other.ip.equals(this.ip)
  }

  override toString(): string {
    return `${this.ip}/${this.bits}`
  }

  masked(): Cidr {
    const bytes = this.ip.bytes.map((byte, index) => {
      const kept = Math.max(0, Math.min(8, this.bits - index * 8))
      return byte & (0xff << (8 - kept)) & 0xff
    })
    return new Cidr(new Ip(bytes), this.bits)
  }

  contains(ip: Ip): boolean {
    return ip.size === this.ip.size && new Cidr(ip, this.bits).masked().ip.equals(this.masked().ip)
  }
}

const ipv4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/

function parseBytes(text: string, shown: string): Ip {
  const failed = (why: string) =>
    new CelError(
      `IP Address ${JSON.stringify(shown)} parse error during conversion from string: ParseAddr(${JSON.stringify(shown)}): ${why}`,
    )
  if (text.includes(':')) {
    if (text.includes('%')) throw new CelError(`IP address ${JSON.stringify(shown)} with zone value is not allowed`)
    if (text.length > 45 || !ipaddr.IPv6.isValid(text)) throw failed('unable to parse IP')
    const address = ipaddr.IPv6.parse(text)
    if (address.isIPv4MappedAddress())
      throw new CelError(`IPv4-mapped IPv6 address ${JSON.stringify(shown)} is not allowed`)
    return new Ip(address.toByteArray())
  }
  const bytes = text.split('.').map(Number)
  if (!ipv4.test(text) || bytes.some((byte) => byte > 255)) throw failed('unable to parse IP')
  return new Ip(bytes)
}

export function parseIp(text: string): Ip {
  return parseBytes(text, text)
}

export function parseCidr(text: string): Cidr {
  const failed = (why: string) => {
    const prefix = 'network address parse error during conversion from string: '
    return new CelError(`${prefix}${prefix}netip.ParsePrefix(${goQuoted(text)}): ${why}`)
  }
  const slash = text.lastIndexOf('/')
  if (slash < 0) throw failed("no '/'")
  const digits = text.slice(slash + 1)
  const ip = parseBytes(text.slice(0, slash), text)
  if (!/^(0|[1-9]\d{0,2})$/.test(digits)) throw failed(`bad bits after slash: ${goQuoted(digits)}`)
  if (Number(digits) > ip.size * 8) throw failed('prefix length out of range')
  return new Cidr(ip, Number(digits))
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof CelError) return undefined
    throw error
  }
}

function isLinkLocal({ bytes }: Ip, multicast: boolean): boolean {
  const [first, second] = bytes as [number, number]
  if (bytes.length === 4)
    return multicast ? first === 224 && second === 0 && bytes[2] === 0 : first === 169 && second === 254
  return multicast ? first === 0xff && (second & 0x0f) === 2 : first === 0xfe && (second & 0xc0) === 0x80
}

function isLoopback({ bytes }: Ip): boolean {
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))
}

function isUnspecified({ bytes }: Ip): boolean {
  return bytes.every((byte) => byte === 0)
}

function isGlobalUnicast(ip: Ip): boolean {
  const { bytes } = ip
  const multicast = bytes.length === 4 ? bytes[0]! >= 224 && bytes[0]! < 240 : bytes[0] === 0xff
  const broadcast = bytes.length === 4 && bytes.every((byte) => byte === 255)
  return !isUnspecified(ip) && !isLoopback(ip) && !multicast && !isLinkLocal(ip, false) && !broadcast
}

function containing(extra: number, of: 'text' | 'value'): Costs {
  const addressSize = { min: 4, max: 16 }
  return {
    cost: ([cidr, other]) => {
      const size = sizeOf(cidr!)
      const own = Math.ceil(size * 2 * textFactor) + (extra === 0 ? 0 : Math.ceil(size * textFactor) + extra)
      return own + (of === 'text' ? Math.ceil(sizeOf(other!) * textFactor) : 0)
    },
    estimate: ({ args: [other] }) => {
      const base = scaled(add(addressSize, addressSize), textFactor)
      const masking = extra === 0 ? exactly(0) : add(scaled(addressSize, textFactor), exactly(extra))
      const parsing = of === 'text' ? scaled(other!.size, textFactor) : exactly(0)
      return { cost: add(base, masking, parsing) }
    },
  }
}

function containsCidr(outer: Cidr, inner: Cidr): boolean {
  return outer.bits <= inner.bits && outer.contains(inner.ip)
}

/** What is wrong with an address to look for is not told, as upstream. */
function addressIn(text: string): Ip {
  const ip = parsed(() => parseIp(text))
  if (!ip) throw new CelError(noSuchOverload)
  return ip
}

const addresses: readonly Overload[] = [
  declare('ip(string): net.IP', (_, text: string) => parseIp(text), reading()),
  declare('isIP(string): bool', (_, text: string) => parsed(() => parseIp(text)) !== undefined, reading()),
  declare('ip.isCanonical(string): bool', (_, text: string) => String(parseIp(text)) === text, reading(2)),
  declare('string(net.IP): string', (_, ip: Ip) => String(ip)),
  declare('net.IP.family(): int', (_, { size }: Ip) => (size === 4 ? 4n : 6n)),
  declare('net.IP.isUnspecified(): bool', (_, ip: Ip) => isUnspecified(ip)),
  declare('net.IP.isLoopback(): bool', (_, ip: Ip) => isLoopback(ip)),
  declare('net.IP.isLinkLocalMulticast(): bool', (_, ip: Ip) => isLinkLocal(ip, true)),
  declare('net.IP.isLinkLocalUnicast(): bool', (_, ip: Ip) => isLinkLocal(ip, false)),
  declare('net.IP.isGlobalUnicast(): bool', (_, ip: Ip) => isGlobalUnicast(ip)),
]

const networks: readonly Overload[] = [
  declare('cidr(string): net.CIDR', (_, text: string) => parseCidr(text), reading()),
  declare('isCIDR(string): bool', (_, text: string) => parsed(() => parseCidr(text)) !== undefined, reading()),
  declare('string(net.CIDR): string', (_, cidr: Cidr) => String(cidr)),
  declare('net.CIDR.ip(): net.IP', (_, { ip }: Cidr) => ip),
  declare('net.CIDR.prefixLength(): int', (_, { bits }: Cidr) => BigInt(bits)),
  declare('net.CIDR.masked(): net.CIDR', (_, cidr: Cidr) => cidr.masked()),
  declare(
    'net.CIDR.containsIP(string): bool',
    (_, a: Cidr, b: string) => a.contains(addressIn(b)),
    containing(0, 'text'),
  ),
  declare('net.CIDR.containsIP(net.IP): bool', (_, a: Cidr, b: Ip) => a.contains(b), containing(0, 'value')),
  declare(
    'net.CIDR.containsCIDR(string): bool',
    (_, a: Cidr, b: string) => containsCidr(a, parseCidr(b)),
    containing(1, 'text'),
  ),
  declare('net.CIDR.containsCIDR(net.CIDR): bool', (_, a: Cidr, b: Cidr) => containsCidr(a, b), containing(1, 'value')),
]

export const network: readonly Overload[] = [...addresses, ...networks]
