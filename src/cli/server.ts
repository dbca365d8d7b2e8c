/** `k8ts server`: the control plane in the foreground until it is told to end. */
import { configFor, type LocationOptions, type Machine, thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { startServer } from '../cluster/server.ts'
import type { StorageMediaType, StorageSettings } from '../cluster/storage.ts'

export interface StorageOptions {
  etcdServers?: string
  etcdCafile?: string
  etcdCertfile?: string
  etcdKeyfile?: string
  storageMediaType?: StorageMediaType
  encryptionProviderConfig?: string
}

export async function server(options: LocationOptions & StorageOptions): Promise<void> {
  const machine = thisMachine()
  const ending = untilToldToEnd()
  const running = await startServer(machine, configFor(machine, options), await storageOf(machine, options))
  machine.log.info('ending', { signal: await ending })
  await running.stop()
  process.exit(0)
}

async function storageOf({ disk }: Machine, options: StorageOptions): Promise<Partial<StorageSettings>> {
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
