/** Addresses that are understood but not written as everybody else will write them. Source: KEP-4858. */
import { addressNumber, addressText } from '../../../api/addresses.ts'
import { cidrFamily, isIp } from '../validation/addresses.ts'

export function addressWarning(path: string, address: string): string[] {
  if (!address.includes(':') || isIp(address).length > 0) return []
  const canonical = canonicalText(address)
  if (canonical === address) return []
  return [
    `${path}: IPv6 address ${JSON.stringify(address)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`,
  ]
}

export function cidrWarning(path: string, cidr: string): string[] {
  // Of those that are refused now, but may stand in stored objects.
  if (!cidrFamily(cidr) || /:.*\./.test(cidr)) return []
  const slash = cidr.lastIndexOf('/')
  const [address, bits] = [cidr.slice(0, slash), Number(cidr.slice(slash + 1))]
  const all = address.includes(':') ? 128 : 32
  const free = BigInt(all - bits)
  const network = (addressNumber(address) >> free) << free
  const canonical = `${addressText(network, all === 128)}/${bits}`
  if (network !== addressNumber(address)) {
    const single = `${canonicalText(address)}/${all}`
    return [
      `${path}: CIDR value ${JSON.stringify(cidr)} is ambiguous in this context (should be ${JSON.stringify(canonical)} or ${JSON.stringify(single)}?)`,
    ]
  }
  if (canonical === cidr) return []
  return [
    `${path}: IPv6 CIDR value ${JSON.stringify(cidr)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`,
  ]
}

function canonicalText(address: string): string {
  return addressText(addressNumber(address), address.includes(':'))
}
