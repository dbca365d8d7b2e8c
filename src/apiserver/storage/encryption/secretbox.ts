/** NaCl's secretbox (XSalsa20 and Poly1305), which Node's own cryptography lacks. Its 24 random bytes of nonce never wear out. */
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import type { Random } from '../../../platform/random.ts'
import type { NamedKey } from './provider.ts'

const nonceBytes = 24

export function secretboxKey(name: string, secret: Uint8Array, random: Random): NamedKey {
  return {
    name,
    seal(_key, value) {
      const nonce = random.bytes(nonceBytes)
      return Buffer.concat([nonce, xsalsa20poly1305(secret, nonce).encrypt(value)])
    },
    open: (_key, sealed) =>
      xsalsa20poly1305(secret, sealed.subarray(0, nonceBytes)).decrypt(sealed.subarray(nonceBytes)),
  }
}
