/** Options of commands that open the store, as kube-apiserver names them. */
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
