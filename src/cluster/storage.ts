/**
 * Where a server keeps everything: an SQLite file or an etcd cluster, below it encryption at rest and the encoding that
 * is wanted. What is not used is not loaded.
 */
import type { Encryption } from '../apiserver/storage/encryption/encryption.ts'
import { type StorageMediaType, storageCodec } from '../apiserver/storage/media-type.ts'
import { encryptedStore } from '../apiserver/storage/storage.ts'
import { limits } from '../limits.ts'
import type { ClientTls } from '../platform/net.ts'
import type { Store } from '../store/store.ts'
import { transformedStore } from '../store/transformed-store.ts'
import type { Machine } from './machine.ts'

export type { StorageMediaType }

export interface StorageSettings {
  /** The SQLite file, where no etcd is named. Its directory must exist. */
  database: string
  etcd?: {
    endpoints: readonly string[]
    /** For `https` endpoints. */
    tls?: ClientTls
    /** History is kept this long; zero: somebody else compacts. Default `limits.storeHistoryAgeMs`. */
    historyAgeMs?: number
  }
  /** Where revisions begin in an SQLite file that is made now. Default 1. */
  firstRevision?: number
  /** Default: protobuf in etcd, JSON in SQLite. */
  mediaType?: StorageMediaType
  /** A file with an `EncryptionConfiguration`. Absent: values stand as they are. */
  encryptionConfig?: { path: string; reload: boolean }
}

type Doors = Pick<Machine, 'clock' | 'disk' | 'random' | 'log'>

export interface Storage {
  /** For the API server. Closing it closes all of it. */
  store: Store
  /** What stands in it, encoded and encrypted as it is: for snapshots. */
  base: Store
}

/** Rejects when the store cannot be used or a file is wrong. */
export async function openStorage(doors: Doors, settings: StorageSettings): Promise<Storage> {
  const encryption = settings.encryptionConfig && (await loadEncryption(doors, settings.encryptionConfig))
  const base = await openBaseStore(doors, { ...settings, reserveBytes: limits.storeReserveBytes })
  const mediaType = settings.mediaType ?? (settings.etcd ? 'application/vnd.kubernetes.protobuf' : 'application/json')
  const encrypted = encryption ? encryptedStore(base, encryption) : base
  return { base, store: transformedStore(encrypted, await storageCodec(mediaType)) }
}

/** Without encryption and encoding: for snapshots, which take values as they stand. `reserveBytes`: see `SqliteStoreOptions`. */
export async function openBaseStore(
  { clock, disk }: Pick<Doors, 'clock' | 'disk'>,
  {
    database: path,
    etcd,
    ...more
  }: Pick<StorageSettings, 'database' | 'etcd' | 'firstRevision'> & { reserveBytes?: number },
): Promise<Store> {
  if (!etcd) {
    const { openSqliteStore } = await import('../store/sqlite/sqlite-store.ts')
    const { firstRevision, reserveBytes = 0 } = more
    return await openSqliteStore({ path, clock, disk, reserveBytes, ...(firstRevision ? { firstRevision } : {}) })
  }
  const [{ openEtcdStore }, { connectGrpc }] = await Promise.all([
    import('../store/etcd/etcd-store.ts'),
    import('../platform/grpc.ts'),
  ])
  return await openEtcdStore({ ...etcd, clock, connectGrpc })
}

async function loadEncryption(
  doors: Doors,
  file: NonNullable<StorageSettings['encryptionConfig']>,
): Promise<Encryption> {
  const [{ encryptionFromFile }, { connectGrpc }] = await Promise.all([
    import('../apiserver/storage/encryption/from-file.ts'),
    import('../platform/grpc.ts'),
  ])
  return await encryptionFromFile(file, { ...doors, connectGrpc })
}

/**
 * The encryption configuration of a cluster that `k8ts up` makes: Secrets by a key of its own, made once and kept beside
 * the other keys (0600). What was stored before stays readable.
 */
export async function ensureEncryptionConfig(
  { disk, random }: Pick<Machine, 'disk' | 'random'>,
  path: string,
): Promise<void> {
  if (await disk.stat(path)) return
  const key = { name: 'key1', secret: Buffer.from(random.bytes(secretboxKeyBytes)).toString('base64') }
  const rule = { resources: ['secrets'], providers: [{ secretbox: { keys: [key] } }, { identity: {} }] }
  const document = { kind: 'EncryptionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1', resources: [rule] }
  await disk.write(path, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 })
}

const secretboxKeyBytes = 32
