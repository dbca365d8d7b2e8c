/** Options of commands that open the store, as kube-apiserver names them. */
import { resolve } from 'node:path'
import type { Machine } from '../cluster/machine.ts'
import type { StorageMediaType, StorageSettings } from '../cluster/storage.ts'

export interface StorageOptions {
  etcdServers?: string
  etcdCafile?: string
  etcdCertfile?: string
  etcdKeyfile?: string
  storageMediaType?: StorageMediaType
  encryptionProviderConfig?: string
}

export async function storageOf({ disk }: Machine, options: StorageOptions): Promise<Partial<StorageSettings>> {
  const { etcdServers, etcdCafile, etcdCertfile, etcdKeyfile, storageMediaType, encryptionProviderConfig } = options
  const read = async (path?: string) => (path === undefined ? '' : await disk.readText(path))
  const [caPem, certificatePem, keyPem] = await Promise.all([etcdCafile, etcdCertfile, etcdKeyfile].map(read))
  const tls = {
    ...(caPem ? { caPem } : {}),
    ...(certificatePem && keyPem ? { identity: { certificatePem, keyPem } } : {}),
  }
  return {
    ...(etcdServers ? { etcd: { endpoints: etcdServers.split(','), tls } } : {}),
    ...(storageMediaType ? { mediaType: storageMediaType } : {}),
    ...(encryptionProviderConfig ? { encryptionConfig: { path: encryptionProviderConfig, reload: true } } : {}),
  }
}

/** The same options for another process, wherever that one stands. */
export function storageArguments(options: StorageOptions): string[] {
  const { etcdServers, etcdCafile, etcdCertfile, etcdKeyfile, storageMediaType, encryptionProviderConfig } = options
  const paths = { etcdCafile, etcdCertfile, etcdKeyfile, encryptionProviderConfig }
  const files = Object.entries(paths).map(([name, path]) => [name, path && resolve(path)] as const)
  return [...Object.entries({ etcdServers, storageMediaType }), ...files].flatMap(([name, value]) =>
    value ? [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value] : [],
  )
}
