/**
 * What stands between the API server and the bytes in its store: encryption at rest. With it the store's readiness is
 * that of the KMS plugins too.
 */
import type { Store } from '../../store/store.ts'
import { transformedStore } from '../../store/transformed-store.ts'
import type { Encryption } from './encryption/encryption.ts'

/** Closing it closes the store below and the encryption. */
export function encryptedStore(store: Store, encryption: Encryption): Store {
  const transformed = transformedStore(store, (key) => encryption.transformFor(key))
  return {
    ...transformed,
    health: async () => (await store.health()) ?? (await encryption.health()),
    async close() {
      encryption.close()
      await store.close()
    },
  }
}
