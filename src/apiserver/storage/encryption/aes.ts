/**
 * AES-GCM, bound to the value's key, and AES-CBC, which knows no binding. The 12 random bytes of GCM's nonce let one key
 * encrypt some 200,000 values before it should be changed; the derived form has no such limit, as each value gets an AES
 * key of its own by HKDF.
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { Random } from '../../../platform/random.ts'
import type { NamedKey } from './provider.ts'

const gcmNonceBytes = 12
const gcmTagBytes = 16
const cbcBlockBytes = 16
const infoBytes = 32

export function sealGcm(secret: Uint8Array, boundTo: string, value: Uint8Array, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv(gcmName(secret), secret, nonce, { authTagLength: gcmTagBytes })
  cipher.setAAD(Buffer.from(boundTo))
  return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
}

/** Throws when the bytes were changed or belong elsewhere. */
export function openGcm(secret: Uint8Array, boundTo: string, sealed: Uint8Array): Buffer {
  if (sealed.length < gcmNonceBytes + gcmTagBytes) throw new Error('the encrypted value is too short')
  const nonce = sealed.subarray(0, gcmNonceBytes)
  const decipher = createDecipheriv(gcmName(secret), secret, nonce, { authTagLength: gcmTagBytes })
  decipher.setAAD(Buffer.from(boundTo))
  decipher.setAuthTag(sealed.subarray(-gcmTagBytes))
  return Buffer.concat([decipher.update(sealed.subarray(gcmNonceBytes, -gcmTagBytes)), decipher.final()])
}

/** 32 random bytes, from which and from the seed the value's own AES key is derived, and then as AES-GCM. */
export function sealDerived(seed: Uint8Array, boundTo: string, value: Uint8Array, random: Random): Buffer {
  const info = random.bytes(infoBytes)
  return Buffer.concat([info, sealGcm(derive(seed, info), boundTo, value, random.bytes(gcmNonceBytes))])
}

export function openDerived(seed: Uint8Array, boundTo: string, sealed: Uint8Array): Buffer {
  return openGcm(derive(seed, sealed.subarray(0, infoBytes)), boundTo, sealed.subarray(infoBytes))
}

/** One block of HKDF's expansion with SHA-256 (RFC 5869). */
function derive(seed: Uint8Array, info: Uint8Array): Buffer {
  return createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest()
}

export function gcmKey(name: string, secret: Uint8Array, random: Random): NamedKey {
  return {
    name,
    seal: (key, value) => sealGcm(secret, key, value, random.bytes(gcmNonceBytes)),
    open: (key, sealed) => openGcm(secret, key, sealed),
  }
}

export function cbcKey(name: string, secret: Uint8Array, random: Random): NamedKey {
  const algorithm = `aes-${secret.length * 8}-cbc`
  return {
    name,
    seal(_key, value) {
      const start = random.bytes(cbcBlockBytes)
      const cipher = createCipheriv(algorithm, secret, start)
      return Buffer.concat([start, cipher.update(value), cipher.final()])
    },
    open(_key, sealed) {
      const decipher = createDecipheriv(algorithm, secret, sealed.subarray(0, cbcBlockBytes))
      return Buffer.concat([decipher.update(sealed.subarray(cbcBlockBytes)), decipher.final()])
    },
  }
}

function gcmName(secret: Uint8Array): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  return `aes-${(secret.length * 8) as 128 | 192 | 256}-gcm`
}
