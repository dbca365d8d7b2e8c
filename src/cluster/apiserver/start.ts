/** `k8ts apiserver`: the API server alone, over its embedded store or an etcd cluster, as its flags say. */

import { isLoopback, joinHostPort } from '../../api/addresses.ts'
import { addressRange } from '../../apiserver/allocators/ranges.ts'
import { bootstrap } from '../../apiserver/bootstrap/bootstrap.ts'
import { rulesOfDefaultRole } from '../../apiserver/bootstrap/default-rbac.ts'
import { tables } from '../../apiserver/negotiation/tables.ts'
import { versionInfo } from '../../apiserver/nonresource/version.ts'
import { conversions } from '../../apiserver/registry/strategies.ts'
import { idleGates } from '../../apiserver/scheme/gates-in-use.ts'
import { type ApiServer, createApiServer } from '../../apiserver/server.ts'
import { standardSecurity } from '../../apiserver/standard-security.ts'
import { kubeconfigText } from '../../client/kubeconfig.ts'
import type { Listening } from '../../platform/net.ts'
import { giveBackWhenQuiet } from '../../platform/real/memory.ts'
import type { Store } from '../../store/store.ts'
import { clusterConfig } from '../config.ts'
import type { Machine } from '../machine.ts'
import { type ClusterPki, ensureClusterPki } from '../pki/cluster-pki.ts'
import { snapshotEndpoint } from '../snapshot/endpoint.ts'
import { openStorage, type Storage } from '../storage.ts'
import { type ApiServerChoices, chooseApiServer, chooseStorage, identityOf, reader } from './choices.ts'
import type { Flags } from './flags.ts'
import { type ApiServerSettings, readSettings } from './settings.ts'

export interface RunningApiServer {
  port: number
  /** Of an administrator; 0600. */
  kubeconfig: string
  stop(): Promise<void>
}

/** Connections under way have this long to end when the server stops. */
const closeGraceMs = 2_000

export function apiServerVersion(): string {
  return versionInfo().gitVersion
}

/** Resolves when requests are answered. `hostName` names this server to others. */
export async function startApiServer(machine: Machine, flags: Flags, hostName: string): Promise<RunningApiServer> {
  const settings = readSettings(flags)
  const { clock, disk, net, log } = machine
  const idle = idleGates(settings.gates)
  if (idle.length > 0) log.warn('these feature gates change nothing in this server', { gates: idle.join(',') })
  await disk.makeDirectory(settings.dataDirectory, 0o700)
  const address = advertised(machine, settings, hostName)
  const pki = await ensurePki(machine, flags, settings, address)
  const choices = await chooseApiServer(machine, flags, pki)
  const serving = await identityOf(flags, reader(machine, flags), 'tls-cert-file', 'tls-private-key-file')
  const database = `${settings.dataDirectory}/k8ts.db`
  const storage = await openStorage(machine, { database, ...(await chooseStorage(machine, flags)) })
  const own = joinHostPort(address, settings.securePort)
  const server = await createServer(machine, { choices, storage, address: own })
  const { store } = storage
  const { clientCaPem, frontProxy } = choices
  const advertise = settings.reconcileEndpoints ? { address, port: settings.securePort, hostName } : undefined
  const started = await bootstrap({
    ...{ server, store, clock, log, random: machine.random, serviceCidrs: settings.serviceCidrs },
    ...{ clientCaPem, frontProxy, gates: settings.gates },
    ...(advertise ? { advertise } : {}),
  })
  const listening = await server.serve(net, {
    host: settings.bindAddress,
    port: settings.securePort,
    identity: serving ?? pki.leafs.apiserver,
    clientCaPem: `${clientCaPem}\n${frontProxy.caPem}`,
    named: choices.namedIdentities,
    tls: settings.tls,
  })
  const kubeconfig = await writeKubeconfig(machine, settings, pki, listening.port)
  giveBackWhenQuiet(clock)
  log.info('the API server answers', { address: settings.bindAddress, port: listening.port, kubeconfig })
  return {
    port: listening.port,
    kubeconfig,
    stop: () => stop({ clock, flags, listening, server, store, started }),
  }
}

async function stop(running: {
  clock: Machine['clock']
  flags: Flags
  listening: Listening
  server: ApiServer
  store: Store
  started: { stop(): Promise<void> }
}): Promise<void> {
  await running.started.stop()
  const delayMs = running.flags.durationMs('shutdown-delay-duration') ?? 0
  if (delayMs > 0) await running.clock.sleep(delayMs)
  const closing = running.listening.close(closeGraceMs)
  await running.server.stop()
  await closing
  await running.store.close()
}

async function ensurePki(
  { clock, random, disk }: Machine,
  flags: Flags,
  settings: ApiServerSettings,
  address: string,
): Promise<ClusterPki> {
  const extra = flags.text('external-hostname')
  const names = {
    nodeName: 'k8ts-apiserver',
    nodeAddresses: [address, ...(isAnyAddress(settings.bindAddress) ? [] : [settings.bindAddress])],
    serviceAddress: addressRange(settings.serviceCidrs[0] ?? '').at(0),
    ...(extra === undefined ? {} : { extraNames: [extra] }),
  }
  return await ensureClusterPki(names, { clock, random, store: { disk, directory: settings.certDirectory } })
}

async function createServer(
  { clock, random, net, log }: Machine,
  { choices, storage, address }: { choices: ApiServerChoices; storage: Storage; address: string },
): Promise<ApiServer> {
  const nodeRules = rulesOfDefaultRole('system:node', choices.parts.gates)
  return await createApiServer({
    ...{ store: storage.store, clock, random, log, net, tables, conversions: conversions(), address },
    ...choices.parts,
    security: standardSecurity({ clock, random, nodeRules, bootstrapTokens: false, ...choices.security }),
    extension: snapshotEndpoint(storage.base, clock),
  })
}

function isAnyAddress(address: string): boolean {
  return address === '::' || address === '0.0.0.0' || address === ''
}

function advertised({ net }: Machine, settings: ApiServerSettings, hostname: string): string {
  if (settings.advertiseAddress !== undefined) return settings.advertiseAddress
  const { bindAddress } = settings
  // Endpoints that name a loopback address are refused by kube-apiserver, and so are all that it would add to them.
  if (isAnyAddress(bindAddress) || isLoopback(bindAddress)) return clusterConfig(net, { hostname }).nodeAddress
  return bindAddress
}

async function writeKubeconfig(
  { disk }: Machine,
  settings: ApiServerSettings,
  pki: ClusterPki,
  port: number,
): Promise<string> {
  const path = `${settings.dataDirectory}/admin.kubeconfig`
  const host = isAnyAddress(settings.bindAddress) ? '127.0.0.1' : settings.bindAddress
  const server = `https://${joinHostPort(host, port)}`
  const identity = pki.leafs.admin
  const text = kubeconfigText({ server, caPem: pki.ca.certificatePem, user: 'kubernetes-admin', identity })
  await disk.write(path, text, { mode: 0o600 })
  return path
}
