/**
 * ConfigMaps and Secrets that pods of this node refer to, by cached GET: the Node authorizer permits only single named
 * objects. An answer serves for `maxAgeMs`; a pod that starts asks for answers not older than `freshMs`, so that it sees
 * what was written before it. Concurrent readers share one request.
 */
import { ApiError } from '../api/errors.ts'
import type { KubeObject, Resource } from '../api/meta.ts'
import { coreV1 } from '../api/resources.ts'
import type { ConfigMap, Secret } from '../api/types/core/v1.ts'
import type { Client } from '../client/client.ts'
import type { Clock } from '../platform/clock.ts'

export const maxAgeMs = 45_000
export const freshMs = 1_000

/** Names kept at once; the oldest answer leaves first. */
const entriesMax = 2_000
/** The authorizer may learn of a binding a moment after this node did. */
const forbiddenRetries = 3
const forbiddenDelayMs = 150

/** An object or key that a pod needs is missing; the message is upstream's. */
export class MissingReference extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MissingReference'
  }
}

export interface References {
  /** Undefined when it does not exist. */
  configMap(namespace: string, name: string, options?: { fresh?: boolean }): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string, options?: { fresh?: boolean }): Promise<Secret | undefined>
}

interface Entry {
  readMs: number
  answer: Promise<KubeObject | undefined>
}

export function cachedReferences(client: Client, clock: Clock): References {
  const entries = new Map<string, Entry>()
  const read = async <T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
    fresh: boolean,
  ): Promise<T | undefined> => {
    const key = `${resource.plural}/${namespace}/${name}`
    const entry = entries.get(key)
    const age = entry ? clock.monotonicMs() - entry.readMs : Number.POSITIVE_INFINITY
    if (entry && age <= (fresh ? freshMs : maxAgeMs)) return entry.answer as Promise<T | undefined>
    const answer = fetchObject(client, clock, resource, namespace, name)
    entries.delete(key)
    entries.set(key, { readMs: clock.monotonicMs(), answer })
    answer.catch(() => entries.delete(key))
    const oldest = entries.keys().next()
    if (entries.size > entriesMax && !oldest.done) entries.delete(oldest.value)
    return answer
  }
  return {
    configMap: (namespace, name, options) => read(coreV1.configMaps, namespace, name, options?.fresh ?? false),
    secret: (namespace, name, options) => read(coreV1.secrets, namespace, name, options?.fresh ?? false),
  }
}

async function fetchObject<T extends KubeObject>(
  client: Client,
  clock: Clock,
  resource: Resource<T>,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  for (let retries = 0; ; retries++) {
    try {
      return await client.of(resource, namespace).get(name)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === 404) return undefined
      if (error.code !== 403 || retries === forbiddenRetries) throw error
      await clock.sleep(forbiddenDelayMs * (retries + 1))
    }
  }
}
