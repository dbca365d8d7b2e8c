/**
 * How values are encrypted at rest. The stored form is kube-apiserver's: a prefix that names the provider and its key,
 * then the provider's own bytes, so that both servers read what the other wrote.
 * Source: https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
 */
export interface Opened {
  value: Uint8Array
  /** The provider and key that it was encrypted with, to compare with `writer`. */
  by: string
}

export interface Provider {
  /** Values that start with it are this provider's. Empty: those without any prefix (identity). */
  readonly prefix: string
  /** The provider and key that new values are encrypted with. */
  readonly writer: string
  /** `key` is where the value will stand; it is bound to it. */
  seal(key: string, value: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Throws when the value was changed, moved from another key, or encrypted with a key that is not there. */
  open(key: string, sealed: Uint8Array): Opened | Promise<Opened>
  /** Undefined when it works, else what is wrong. */
  health?(): Promise<string | undefined>
  close?(): void
}

export const encryptedPrefix = 'k8s:enc:'

/** Whether a value opens with this text. */
export function startsWith(value: Uint8Array, prefix: string): boolean {
  const bytes = Buffer.byteLength(prefix)
  return value.length >= bytes && Buffer.from(value.buffer, value.byteOffset, bytes).toString() === prefix
}

/** Leaves values as they are. */
export const identity: Provider = {
  prefix: '',
  writer: '',
  seal: (_key, value) => value,
  open(key, sealed) {
    if (startsWith(sealed, encryptedPrefix))
      throw new Error(`read ${key}: it is encrypted, and no provider is set up for it`)
    return { value: sealed, by: '' }
  },
}

/** Of providers with named keys: the first key writes, every key reads. */
export interface NamedKey {
  name: string
  seal(key: string, value: Uint8Array): Uint8Array
  open(key: string, sealed: Uint8Array): Uint8Array
}

export function keyedProvider(prefix: string, keys: readonly [NamedKey, ...NamedKey[]]): Provider {
  const [writing] = keys
  const writer = `${prefix}${writing.name}:`
  return {
    prefix,
    writer,
    seal: (key, value) => Buffer.concat([Buffer.from(writer), writing.seal(key, value)]),
    open(key, sealed) {
      const used = keys.find(({ name }) => startsWith(sealed, `${prefix}${name}:`))
      if (!used) throw new Error(`read ${key}: it is encrypted with a ${prefix} key that is not set up`)
      const by = `${prefix}${used.name}:`
      return { value: used.open(key, sealed.subarray(Buffer.byteLength(by))), by }
    },
  }
}
