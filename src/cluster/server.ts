/** `k8ts server`: the control plane of a real cluster on this machine, over its embedded store and its HTTPS port. */
import { dirname } from 'node:path'
import { coreV1 } from '../api/resources.ts'
import type { Controller, ControllerParts } from '../client/controller.ts'
import { kubeconfigJson, kubeconfigText } from '../client/kubeconfig.ts'
import { cloudControllers } from '../cloud/index.ts'
import { localProvider } from '../cloud/local/local.ts'
import { messageOf } from '../platform/log.ts'
import { giveBackWhenQuiet } from '../platform/real/memory.ts'
import type { Store } from '../store/store.ts'
import { applyAddons } from './addons.ts'
import { chooseApiServer, chooseStorage } from './apiserver/choices.ts'
import type { Flags } from './apiserver/flags.ts'
import { type ClusterConfig, paths } from './config.ts'
import { createControlPlane } from './control-plane/control-plane.ts'
import type { Machine } from './machine.ts'
import { type ClusterPki, ensureClusterPki } from './pki/cluster-pki.ts'
import { snapshotEndpoint } from './snapshot/endpoint.ts'
import { ensureEncryptionConfig, openStorage } from './storage.ts'

export interface RunningServer {
  port: number
  stop(): Promise<void>
}

/** Connections under way have this long to end when the server stops. */
const closeGraceMs = 2_000

/** Resolves when requests are answered. Rejects when the store is damaged, the port is taken or a flag is wrong. */
export async function startServer(machine: Machine, config: ClusterConfig, flags: Flags): Promise<RunningServer> {
  const { clock, random, disk, net, log } = machine
  const { database, pki: pkiDirectory, encryptionConfig } = paths(config)
  await disk.makeDirectory(dirname(database), 0o700)
  const names = { nodeName: config.nodeName, nodeAddresses: [config.nodeAddress] }
  const pki = await ensureClusterPki(names, { clock, random, store: { disk, directory: pkiDirectory } })
  const choices = await chooseApiServer(machine, flags, pki)
  const storage = await chooseStorage(machine, flags, { reload: true })
  if (!storage.encryptionConfig) await ensureEncryptionConfig(machine, encryptionConfig)
  const ownEncryption = { path: encryptionConfig, reload: true }
  const { store, base } = await openStorage(machine, { database, encryptionConfig: ownEncryption, ...storage })
  if (!storage.encryptionConfig) await requireReadableSecrets(store, pkiDirectory)
  const plane = await createControlPlane({
    store,
    pki,
    clock,
    random,
    log,
    serviceCidr: config.serviceCidr,
    net,
    advertise: { address: config.nodeAddress, port: config.apiServerPort, hostName: config.nodeName },
    ...(choices.parts.nodeProxy ? { nodeProxy: choices.parts.nodeProxy } : {}),
    choices,
    furtherControllers: (parts) => localCloud(parts, config),
    tuning: { extension: snapshotEndpoint(base, clock) },
  })
  const listening = await plane.api.serve(net, {
    host: '::',
    port: config.apiServerPort,
    identity: pki.leafs.apiserver,
    clientCaPem: `${choices.clientCaPem}\n${choices.frontProxy.caPem}`,
    named: choices.namedIdentities,
    tls: choices.settings.tls,
  })
  await writeKubeconfigs(machine, config, pki)
  await plane.startControllers()
  await applyAddons(plane.client, config)
  giveBackWhenQuiet(clock)
  log.info('the control plane is up', { port: listening.port })
  return {
    port: listening.port,
    async stop() {
      await clock.sleep(flags.durationMs('shutdown-delay-duration') ?? 0)
      // Watches last as long as their clients like: they end with the plane, so that the port can close.
      const closing = listening.close(closeGraceMs)
      await plane.stop()
      await closing
      await store.close()
    },
  }
}

/** A key that was made just now is of no use where another server, or this one before, has encrypted with its own. */
async function requireReadableSecrets(store: Store, pkiDirectory: string): Promise<void> {
  try {
    await store.range({ prefix: '/registry/secrets/', limit: 1 })
  } catch (error) {
    await store.close()
    const advice = `its PKI and encryption.json must be the ones the cluster was made with: copy them to ${pkiDirectory}`
    throw new Error(`start the server: it cannot read the cluster's Secrets (${messageOf(error)}); ${advice}`, {
      cause: error,
    })
  }
}

/** Without a cloud, or with one that has a controller manager of its own, the server does nothing for it. */
function localCloud(
  parts: ControllerParts,
  { cloudProvider = 'local', loadBalancerPool }: ClusterConfig,
): Controller[] {
  if (cloudProvider !== 'local') return []
  const services = parts.informers.of(coreV1.services)
  const pool = loadBalancerPool === undefined ? {} : { pool: loadBalancerPool }
  return cloudControllers(parts, localProvider({ services: () => services.list(), ...pool }))
}

/** The agent on this machine waits for its files, so they come when the port answers. */
async function writeKubeconfigs({ disk }: Machine, config: ClusterConfig, pki: ClusterPki): Promise<void> {
  const { nodeAddress, apiServerPort, nodeName } = config
  const host = nodeAddress.includes(':') ? `[${nodeAddress}]` : nodeAddress
  const common = { server: `https://${host}:${apiServerPort}`, caPem: pki.ca.certificatePem }
  const { adminKubeconfig, agentKubeconfig, proxyKubeconfig } = paths(config)
  const files = [
    { path: proxyKubeconfig, text: kubeconfigJson, user: 'system:kube-proxy', identity: pki.leafs['kube-proxy'] },
    { path: agentKubeconfig, text: kubeconfigJson, user: `system:node:${nodeName}`, identity: pki.leafs.kubelet },
    { path: adminKubeconfig, text: kubeconfigText, user: 'kubernetes-admin', identity: pki.leafs.admin },
  ]
  for (const { path, text, user, identity } of files) {
    await disk.write(path, text({ ...common, user, identity }), { mode: 0o600 })
  }
}
