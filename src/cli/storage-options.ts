/** Which etcd a command speaks to, as kube-apiserver names its options. */
import type { Machine } from '../cluster/machine.ts'
import type { StorageSettings } from '../cluster/storage.ts'

export interface StorageOptions {
  etcdServers?: string
  etcdCafile?: string
  etcdCertfile?: string
  etcdKeyfile?: string
}

export async function etcdOf({ disk }: Machine, options: StorageOptions): Promise<StorageSettings['etcd']> {
  const { etcdServers, etcdCafile, etcdCertfile, etcdKeyfile } = options
  if (!etcdServers) return undefined
  const read = async (path?: string) => (path === undefined ? '' : await disk.readText(path))
  const [caPem, certificatePem, keyPem] = await Promise.all([etcdCafile, etcdCertfile, etcdKeyfile].map(read))
  const tls = {
    ...(caPem ? { caPem } : {}),
    ...(certificatePem && keyPem ? { identity: { certificatePem, keyPem } } : {}),
  }
  return { endpoints: etcdServers.split(','), tls }
}
