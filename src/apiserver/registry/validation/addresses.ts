/**
 * Addresses and address ranges in fields; each check answers the messages of what is wrong, none when all is well.
 * Source: the recorded messages, RFC 4291, RFC 3927.
 */
import ipaddr from 'ipaddr.js'

const fourParts = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/

/**
 * Nothing that readers take in two ways, unless it is one of `held`: what stood in the stored object may stay. Source:
 * KEP-4858.
 */
export function isIp(value: string, held: ReadonlySet<string> = none): string[] {
  if (held.has(value)) return []
  if (!ipFamily(value)) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']
  if (sloppy(value) !== value) return ['must not have leading 0s']
  return isMapped(value) ? ['must not be an IPv4-mapped IPv6 address'] : []
}

/** For newer fields: one way only to write an address. */
export function isCanonicalIp(value: string): string[] {
  const wrong = isIp(value)
  if (wrong.length > 0) return wrong
  return canonicalIp(value) === value ? [] : [`must be in canonical form (${JSON.stringify(canonicalIp(value))})`]
}

const none: ReadonlySet<string> = new Set()

function isMapped(value: string): boolean {
  const address = ipaddr.parse(sloppy(value))
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()
}

function canonicalIp(value: string): string {
  const address = ipaddr.parse(sloppy(value))
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
}

/** The address family of a bare address, undefined when it is none. Zone ids are no part of an address here. */
export function ipFamily(value: string): 'IPv4' | 'IPv6' | undefined {
  if (fourParts.test(sloppy(value))) return 'IPv4'
  return value.includes(':') && !value.includes('%') && ipaddr.IPv6.isValid(value) ? 'IPv6' : undefined
}

/** As `isIp`, of a range. */
export function isCidr(value: string, held: ReadonlySet<string> = none): string[] {
  if (held.has(value)) return []
  if (!cidrFamily(value)) return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']
  const [address = '', bits = ''] = value.split('/')
  if (sloppy(address) !== address || String(Number(bits)) !== bits) {
    return ['must not have leading 0s in IP or prefix length']
  }
  if (isMapped(address)) return ['must not have an IPv4-mapped IPv6 address']
  return networkOf(value) === canonicalIp(address) ? [] : ['must not have bits set beyond the prefix length']
}

/** For newer fields: one way only to write a range. */
export function isCanonicalCidr(value: string): string[] {
  const wrong = isCidr(value)
  if (wrong.length > 0) return wrong
  const canonical = `${networkOf(value)}/${value.split('/')[1]}`
  return canonical === value ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`]
}

/** The first address of a range whose address is well written. */
function networkOf(cidr: string): string {
  const kind = cidrFamily(cidr) === 'IPv4' ? ipaddr.IPv4 : ipaddr.IPv6
  return canonicalIp(kind.networkAddressFromCIDR(cidr).toString())
}

export function cidrFamily(value: string): 'IPv4' | 'IPv6' | undefined {
  const slash = value.lastIndexOf('/')
  const family = slash < 0 ? undefined : ipFamily(value.slice(0, slash))
  const bits = value.slice(slash + 1)
  if (!family || !/^\d{1,3}$/.test(bits)) return undefined
  return Number(bits) <= (family === 'IPv4' ? 32 : 128) ? family : undefined
}

/** An address of a network interface with the size of its network, in canonical form. */
export function isInterfaceAddress(value: string): string[] {
  if (!cidrFamily(value)) return ['must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)']
  const slash = value.lastIndexOf('/')
  const canonical = `${ipaddr.parse(sloppy(value.slice(0, slash)))}/${Number(value.slice(slash + 1))}`
  return canonical === value ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`]
}

/** Old objects may hold IPv4 octets with leading zeros. */
function sloppy(value: string): string {
  return /^[\d.]+$/.test(value) ? value.replace(/(^|\.)0+(?=\d)/g, '$1') : value
}

/** Why a special address may not stand where traffic is sent to. */
export function nonSpecialIpErrors(value: string): string[] {
  const family = ipFamily(value)
  if (!family) return ['must be a valid IP address']
  const address = family === 'IPv4' ? sloppy(value) : value.toLowerCase()
  const errors: string[] = []
  if (address === '0.0.0.0' || isUnspecified6(family, address)) errors.push(`may not be unspecified (${value})`)
  if (address.startsWith('127.') || /^(0*:)*:?0*1$/.test(address)) {
    errors.push('may not be in the loopback range (127.0.0.0/8, ::1/128)')
  }
  if (address.startsWith('169.254.') || /^fe[89ab]/.test(address)) {
    errors.push('may not be in the link-local range (169.254.0.0/16, fe80::/10)')
  }
  if (address.startsWith('224.0.0.') || /^ff[0-9a-f]2:/.test(address)) {
    errors.push('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')
  }
  return errors
}

function isUnspecified6(family: string, address: string): boolean {
  return family === 'IPv6' && /^[0:]+$/.test(address)
}

/** Tells of ranges whether they lie inside `outer` and are smaller. All are valid. */
export function cidrContains(outer: string): (inner: string) => boolean {
  const [outerAddress = '', outerBits = ''] = outer.split('/')
  const range = ipaddr.parse(sloppy(outerAddress))
  return (inner) => {
    const [innerAddress = '', innerBits = ''] = inner.split('/')
    const address = ipaddr.parse(sloppy(innerAddress))
    if (range.kind() !== address.kind() || Number(outerBits) >= Number(innerBits)) return false
    return address.match(range, Number(outerBits))
  }
}
