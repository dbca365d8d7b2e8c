/** Encryption at rest as configured: one transform for the values of each key, replaced as a whole when it is reloaded. */
import { limits } from '../../../limits.ts'
import type { KeyValue } from '../../../store/store.ts'
import type { ValueTransform } from '../../../store/transformed-store.ts'
import { placeOfKey, resourceOfPlace } from '../resource-of-key.ts'
import { cbcKey, gcmKey } from './aes.ts'
import { type EncryptionRule, type KeySettings, type ProviderSettings, ruleFor } from './configuration.ts'
import { type KmsParts, kmsProvider } from './kms.ts'
import { identity, keyedProvider, type NamedKey, type Opened, type Provider, startsWith } from './provider.ts'

export interface Encryption {
  transformFor(key: string): ValueTransform
  /** Rejects, and leaves all as it was, when a KMS plugin does not answer. */
  reload(rules: readonly EncryptionRule[]): Promise<void>
  /** Undefined when every KMS plugin works. */
  health(): Promise<string | undefined>
  close(): void
}

/** A KMS plugin that does not answer yet fails reads and writes until it does, and `health` tells. */
export async function createEncryption(rules: readonly EncryptionRule[], parts: KmsParts): Promise<Encryption> {
  let current = await Chains.of(rules, parts)
  const transform: ValueTransform = {
    write: (key, value) => current.of(key)[0].seal(key, value),
    read(item) {
      const opened = openWith(current.of(item.key), item)
      const result = ({ value, by }: Opened): KeyValue =>
        by === '' && current.of(item.key)[0].writer === ''
          ? item
          : { ...item, value, stale: () => by !== current.of(item.key)[0].writer }
      return opened instanceof Promise ? opened.then(result) : result(opened)
    },
  }
  return {
    transformFor: () => transform,
    async reload(next) {
      const [replaced, chains] = [current, await Chains.of(next, parts)]
      const problem = await chains.health()
      if (problem !== undefined) {
        chains.close()
        throw new Error(`set up encryption at rest: ${problem}`)
      }
      current = chains
      // What is under way may still need the old ones.
      parts.clock.after(limits.encryptionReloadGraceMs, () => replaced.close())
    },
    health: () => current.health(),
    close: () => current.close(),
  }
}

type Chain = readonly [Provider, ...Provider[]]

function openWith(chain: Chain, { key, value }: KeyValue): Opened | Promise<Opened> {
  const provider =
    chain.find(({ prefix }) => prefix !== '' && startsWith(value, prefix)) ?? chain.find(({ prefix }) => prefix === '')
  if (!provider)
    throw new Error(`read ${key}: it is not encrypted by any configured provider, and identity is not among them`)
  try {
    const opened = provider.open(key, value)
    return opened instanceof Promise ? opened.catch((error: unknown) => fail(key, error)) : opened
  } catch (error) {
    return fail(key, error)
  }
}

function fail(key: string, error: unknown): never {
  throw new Error(`decrypt ${key}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
}

class Chains {
  readonly #rules: readonly { rule: EncryptionRule; chain: Chain }[]
  readonly #byPlace = new Map<string, Chain>()

  private constructor(rules: readonly { rule: EncryptionRule; chain: Chain }[]) {
    this.#rules = rules
  }

  static async of(rules: readonly EncryptionRule[], parts: KmsParts): Promise<Chains> {
    return new Chains(
      await Promise.all(
        rules.map(async (rule) => {
          const providers = await Promise.all(rule.providers.map((each) => providerOf(each, parts)))
          return { rule, chain: providers as unknown as Chain }
        }),
      ),
    )
  }

  of(key: string): Chain {
    const place = placeOfKey(key)
    const known = this.#byPlace.get(place)
    if (known) return known
    const resource = resourceOfPlace(place)
    const rule =
      resource &&
      ruleFor(
        this.#rules.map((each) => each.rule),
        resource,
      )
    const chain = this.#rules.find((each) => each.rule === rule)?.chain ?? ([identity] as const)
    // Places of built-in and custom resources are few; other keys are not remembered.
    if (resource) this.#byPlace.set(place, chain)
    return chain
  }

  async health(): Promise<string | undefined> {
    const answers = await Promise.all(this.#rules.flatMap(({ chain }) => chain.map((provider) => provider.health?.())))
    return answers.find((answer) => answer !== undefined)
  }

  close(): void {
    for (const { chain } of this.#rules) for (const provider of chain) provider.close?.()
  }
}

async function providerOf(settings: ProviderSettings, parts: KmsParts): Promise<Provider> {
  if (settings.kind === 'identity') return identity
  if (settings.kind === 'kms') return kmsProvider(settings, parts)
  const makeKey = await keyMaker(settings.kind, parts)
  const keys = settings.keys.map(makeKey) as [NamedKey, ...NamedKey[]]
  return keyedProvider(`k8s:enc:${settings.kind}:v1:`, keys)
}

async function keyMaker(kind: 'aesgcm' | 'aescbc' | 'secretbox', { random }: KmsParts) {
  const make = kind === 'aesgcm' ? gcmKey : kind === 'aescbc' ? cbcKey : (await import('./secretbox.ts')).secretboxKey
  return ({ name, secret }: KeySettings): NamedKey => make(name, secret, random)
}
