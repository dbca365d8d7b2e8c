/**
 * KMS v2: values are encrypted here with keys derived from a seed; the seed is encrypted by a plugin behind a Unix socket
 * and stands, so encrypted, beside each value. The plugin is asked once for each seed, not for each value.
 * Source: KEP-3299, https://kubernetes.io/docs/tasks/administer-cluster/kms-provider/
 */
import { createHash } from 'node:crypto'
import { type MessageFile, messageCodec } from '../../../api/codec/message.ts'
import { limits } from '../../../limits.ts'
import type { CancelTimer, Clock } from '../../../platform/clock.ts'
import type { ConnectGrpc, GrpcChannel } from '../../../platform/grpc.ts'
import type { Random } from '../../../platform/random.ts'
import { openDerived, openGcm, sealDerived } from './aes.ts'
import type { Opened, Provider } from './provider.ts'

export interface KmsOptions {
  name: string
  /** `unix:///run/kms.sock` */
  endpoint: string
  timeoutMs: number
}

export interface KmsParts {
  clock: Clock
  random: Random
  connectGrpc: ConnectGrpc
}

const file: MessageFile = {
  package: 'v2',
  enums: { EncryptedDEKSourceType: { AES_GCM_KEY: 0, HKDF_SHA256_XNONCE_AES_GCM_SEED: 1 } },
  messages: {
    StatusRequest: [],
    StatusResponse: [
      { name: 'version', number: 1, type: 'string' },
      { name: 'healthz', number: 2, type: 'string' },
      { name: 'key_id', number: 3, type: 'string' },
    ],
    DecryptRequest: [
      { name: 'ciphertext', number: 1, type: 'bytes' },
      { name: 'uid', number: 2, type: 'string' },
      { name: 'key_id', number: 3, type: 'string' },
      { name: 'annotations', number: 4, type: 'map<string,bytes>' },
    ],
    DecryptResponse: [{ name: 'plaintext', number: 1, type: 'bytes' }],
    EncryptRequest: [
      { name: 'plaintext', number: 1, type: 'bytes' },
      { name: 'uid', number: 2, type: 'string' },
    ],
    EncryptResponse: [
      { name: 'ciphertext', number: 1, type: 'bytes' },
      { name: 'key_id', number: 2, type: 'string' },
      { name: 'annotations', number: 3, type: 'map<string,bytes>' },
    ],
    EncryptedObject: [
      { name: 'encryptedData', number: 1, type: 'bytes' },
      { name: 'keyID', number: 2, type: 'string' },
      { name: 'encryptedDEKSource', number: 3, type: 'bytes' },
      { name: 'annotations', number: 4, type: 'map<string,bytes>' },
      { name: 'encryptedDEKSourceType', number: 5, type: 'EncryptedDEKSourceType' },
    ],
  },
}

const encryptedObject = messageCodec(file, 'EncryptedObject')
const seedBytes = 32

/** A seed with what stands beside the values that it encrypts. */
interface Seed {
  seed: Uint8Array
  keyID: string
  encryptedDEKSource: Uint8Array
  annotations: Record<string, Uint8Array>
  /** Monotonic: a key id that the plugin has not confirmed since is asked for anew. */
  confirmedMs: number
}

interface StoredObject {
  encryptedData?: Uint8Array
  keyID?: string
  encryptedDEKSource?: Uint8Array
  annotations?: Record<string, Uint8Array>
  encryptedDEKSourceType?: string
}

export function kmsProvider(options: KmsOptions, parts: KmsParts): Provider {
  return new KmsProvider(options, parts)
}

class KmsProvider implements Provider {
  readonly prefix: string
  readonly #options: KmsOptions
  readonly #parts: KmsParts
  readonly #channel: GrpcChannel
  readonly #cancel: CancelTimer
  /** Decrypted seeds by what was encrypted, the one used longest ago first. */
  readonly #seeds = new Map<string, Promise<Uint8Array>>()
  #writing: Promise<Seed> | undefined
  #keyId = ''

  constructor(options: KmsOptions, parts: KmsParts) {
    this.prefix = `k8s:enc:kms:v2:${options.name}:`
    this.#options = options
    this.#parts = parts
    this.#channel = parts.connectGrpc({ target: options.endpoint })
    this.#cancel = parts.clock.every(limits.kmsStatusPeriodMs, () => void this.health())
  }

  get writer(): string {
    return this.prefix + this.#keyId
  }

  async seal(key: string, value: Uint8Array): Promise<Uint8Array> {
    const { seed, confirmedMs: _, ...beside } = await this.#seedForWriting()
    const object = {
      ...beside,
      encryptedData: sealDerived(seed, key, value, this.#parts.random),
      encryptedDEKSourceType: 'HKDF_SHA256_XNONCE_AES_GCM_SEED',
    }
    return Buffer.concat([Buffer.from(this.prefix), encryptedObject.encode(object)])
  }

  async open(key: string, sealed: Uint8Array): Promise<Opened> {
    const object = encryptedObject.decode(sealed.subarray(this.prefix.length)) as StoredObject
    const { encryptedData = new Uint8Array(), keyID = '' } = object
    const seed = await this.#seedOf(object)
    const derived = object.encryptedDEKSourceType === 'HKDF_SHA256_XNONCE_AES_GCM_SEED'
    const value = derived ? openDerived(seed, key, encryptedData) : openGcm(seed, key, encryptedData)
    return { value, by: derived ? this.prefix + keyID : this.prefix }
  }

  /** Asks the plugin, and learns of a new key by it. */
  async health(): Promise<string | undefined> {
    try {
      const status = await this.#call('Status', {})
      const { healthz, version, key_id: keyId } = status as Record<string, string>
      if (healthz !== 'ok') return `KMS plugin ${this.#options.name} says: ${healthz ?? 'nothing'}`
      if (version !== 'v2' && version !== 'v2beta1') return `KMS plugin ${this.#options.name} speaks ${version}, not v2`
      if (!keyId) return `KMS plugin ${this.#options.name} names no key`
      await this.#useKey(keyId)
      return undefined
    } catch (error) {
      return `KMS plugin ${this.#options.name} does not answer: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  close(): void {
    this.#cancel()
    this.#channel.close()
  }

  /** A seed whose key the plugin still names goes on being used; else one is made for the new key. */
  async #useKey(keyId: string): Promise<void> {
    this.#keyId = keyId
    const writing = await this.#writing?.catch(() => undefined)
    if (writing?.keyID === keyId) writing.confirmedMs = this.#parts.clock.monotonicMs()
    else if (writing) this.#writing = undefined
  }

  async #seedForWriting(): Promise<Seed> {
    const present = await this.#writing?.catch(() => undefined)
    const nowMs = this.#parts.clock.monotonicMs()
    if (present && nowMs - present.confirmedMs < limits.kmsKeyUnconfirmedMsMax) return present
    if (present) {
      const problem = await this.health()
      if (problem) throw new Error(problem)
      if (this.#writing) return await this.#writing
    }
    this.#writing ??= this.#makeSeed()
    try {
      return await this.#writing
    } catch (error) {
      this.#writing = undefined
      throw error
    }
  }

  async #makeSeed(): Promise<Seed> {
    const { random, clock } = this.#parts
    const seed = random.bytes(seedBytes)
    const reply = await this.#call('Encrypt', { plaintext: seed, uid: random.uuid() })
    const {
      ciphertext,
      key_id: keyID,
      annotations = {},
    } = reply as {
      ciphertext?: Uint8Array
      key_id?: string
      annotations?: Record<string, Uint8Array>
    }
    if (!ciphertext || !keyID) throw new Error(`KMS plugin ${this.#options.name} encrypted nothing or names no key`)
    this.#keyId = keyID
    const made = { seed, keyID, encryptedDEKSource: ciphertext, annotations, confirmedMs: clock.monotonicMs() }
    this.#remember(idOf(made), Promise.resolve(seed))
    return made
  }

  async #seedOf(object: StoredObject): Promise<Uint8Array> {
    const id = idOf(object)
    const known = this.#seeds.get(id)
    if (known !== undefined) return await known
    const asked = this.#call('Decrypt', {
      ciphertext: object.encryptedDEKSource,
      uid: this.#parts.random.uuid(),
      key_id: object.keyID,
      annotations: object.annotations,
    }).then((reply) => reply.plaintext as Uint8Array)
    this.#remember(id, asked)
    asked.catch(() => this.#seeds.delete(id))
    return await asked
  }

  #remember(id: string, seed: Promise<Uint8Array>): void {
    this.#seeds.set(id, seed)
    for (const oldest of this.#seeds.keys()) {
      if (this.#seeds.size <= limits.kmsSeedsRememberedMax) break
      this.#seeds.delete(oldest)
    }
  }

  async #call(method: 'Status' | 'Encrypt' | 'Decrypt', message: object): Promise<Record<string, unknown>> {
    const bytes = messageCodec(file, `${method}Request`).encode(message)
    const options = { timeoutMs: this.#options.timeoutMs }
    const reply = await this.#channel.unary(`/v2.KeyManagementService/${method}`, bytes, options)
    return messageCodec(file, `${method}Response`).decode(reply)
  }
}

function idOf({ encryptedDEKSource, keyID, annotations = {} }: StoredObject): string {
  const hash = createHash('sha256').update(JSON.stringify([keyID, Object.keys(annotations).sort()]))
  for (const name of Object.keys(annotations).sort()) hash.update(annotations[name] ?? '')
  return hash.update(encryptedDEKSource ?? '').digest('base64')
}
