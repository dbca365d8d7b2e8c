/** `k8ts apiserver`: the API server alone, over its embedded store or an etcd cluster, as its flags say. */

import { addressRange } from '../../apiserver/allocators/ranges.ts'
import type { Auditor } from '../../apiserver/audit/audit.ts'
import { type SigningKey, signingKey, verifyingKey } from '../../apiserver/authentication/jwt.ts'
import { oidcDocuments } from '../../apiserver/authentication/oidc-documents.ts'
import { bootstrap } from '../../apiserver/bootstrap/bootstrap.ts'
import { rulesOfDefaultRole } from '../../apiserver/bootstrap/default-rbac.ts'
import { tables } from '../../apiserver/negotiation/tables.ts'
import { nodeProxy } from '../../apiserver/node-proxy/proxy.ts'
import { versionInfo } from '../../apiserver/nonresource/version.ts'
import type { OutsideSecurityOptions } from '../../apiserver/outside-security.ts'
import { conversions, strategies } from '../../apiserver/registry/strategies.ts'
import { type ApiServer, createApiServer } from '../../apiserver/server.ts'
import { standardSecurity } from '../../apiserver/standard-security.ts'
import type { StorageMediaType } from '../../apiserver/storage/media-type.ts'
import { kubeconfigText } from '../../client/kubeconfig.ts'
import { messageOf } from '../../platform/log.ts'
import type { Listening, TlsIdentity } from '../../platform/net.ts'
import type { Store } from '../../store/store.ts'
import { clusterConfig } from '../config.ts'
import type { Machine } from '../machine.ts'
import { type ClusterPki, ensureClusterPki } from '../pki/cluster-pki.ts'
import { snapshotEndpoint } from '../snapshot/endpoint.ts'
import { openStorage, type Storage } from '../storage.ts'
import { auditOf } from './audit.ts'
import { FlagError, type Flags } from './flags.ts'
import { outsideSecurityOf } from './security-flags.ts'
import { type ApiServerSettings, readSettings } from './settings.ts'
import { readTokenFile } from './token-file.ts'

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
  await disk.makeDirectory(settings.dataDirectory, 0o700)
  const address = advertised(machine, settings, hostName)
  const files = await readFiles(machine, flags, settings, address)
  const audit = await auditOf(machine, flags)
  const { store, base } = await openStore(machine, flags, settings)
  const server = await createServer(machine, { flags, settings, files, store, base, audit })
  const advertise = settings.reconcileEndpoints ? { address, port: settings.securePort, hostName } : undefined
  const started = await bootstrap({
    ...{ server, store, clock, log, random: machine.random, serviceCidrs: settings.serviceCidrs },
    ...{ clientCaPem: files.clientCaPem, frontProxy: files.frontProxy },
    ...(advertise ? { advertise } : {}),
  })
  const listening = await server.serve(net, {
    host: settings.bindAddress,
    port: settings.securePort,
    identity: files.serving,
    clientCaPem: `${files.clientCaPem}\n${files.frontProxy.caPem}`,
  })
  const kubeconfig = await writeKubeconfig(machine, settings, files.pki, listening.port)
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

interface Files {
  pki: ClusterPki
  serving: TlsIdentity
  clientCaPem: string
  frontProxy: { caPem: string; allowedNames: string[] }
  kubeletTls: { caPem: string; identity: TlsIdentity }
  serviceAccountKeys: [SigningKey, ...SigningKey[]]
  tokens: ReturnType<typeof readTokenFile>
  outside: OutsideSecurityOptions | undefined
}

async function readFiles(machine: Machine, flags: Flags, settings: ApiServerSettings, address: string): Promise<Files> {
  const { clock, random, disk } = machine
  const read = async (name: string): Promise<string | undefined> => {
    const path = flags.text(name)
    return path === undefined ? undefined : await readFile(machine, name, path)
  }
  const extra = flags.text('external-hostname')
  const names = {
    nodeName: 'k8ts-apiserver',
    nodeAddresses: [address, ...(isAnyAddress(settings.bindAddress) ? [] : [settings.bindAddress])],
    serviceAddress: addressRange(settings.serviceCidrs[0] ?? '').at(0),
    ...(extra === undefined ? {} : { extraNames: [extra] }),
  }
  const pki = await ensureClusterPki(names, { clock, random, store: { disk, directory: settings.certDirectory } })
  const kubeletIdentity = await identityOf(flags, read, 'kubelet-client-certificate', 'kubelet-client-key')
  const signing = await read('service-account-signing-key-file')
  const verifying = await Promise.all(
    flags.texts('service-account-key-file').map((path) => readFile(machine, 'service-account-key-file', path)),
  )
  const tokens = await read('token-auth-file')
  return {
    pki,
    serving: (await identityOf(flags, read, 'tls-cert-file', 'tls-private-key-file')) ?? pki.leafs.apiserver,
    clientCaPem: (await read('client-ca-file')) ?? pki.ca.certificatePem,
    frontProxy: {
      caPem: (await read('requestheader-client-ca-file')) ?? pki.frontProxyCa.certificatePem,
      allowedNames: flags.has('requestheader-allowed-names')
        ? flags.list('requestheader-allowed-names')
        : ['front-proxy-client'],
    },
    kubeletTls: {
      caPem: (await read('kubelet-certificate-authority')) ?? pki.ca.certificatePem,
      identity: kubeletIdentity ?? pki.leafs['apiserver-kubelet-client'],
    },
    serviceAccountKeys: [signingKey(signing ?? pki.serviceAccountKey.privateKeyPem), ...verifying.map(verifyingKey)],
    tokens: tokens === undefined ? {} : readTokenFile(tokens),
    outside: await outsideSecurityOf(machine, flags, read),
  }
}

async function readFile({ disk }: Machine, flag: string, path: string): Promise<string> {
  return await disk.readText(path).catch((error: NodeJS.ErrnoException) => {
    throw new FlagError(`--${flag}: cannot read ${path}: ${error.code ?? error.message}`)
  })
}

async function identityOf(
  flags: Flags,
  read: (name: string) => Promise<string | undefined>,
  certificate: string,
  key: string,
): Promise<TlsIdentity | undefined> {
  if (flags.has(certificate) !== flags.has(key)) throw new FlagError(`--${certificate} and --${key} go together`)
  const [certificatePem, keyPem] = [await read(certificate), await read(key)]
  return certificatePem === undefined || keyPem === undefined ? undefined : { certificatePem, keyPem }
}

async function openStore(machine: Machine, flags: Flags, settings: ApiServerSettings): Promise<Storage> {
  const endpoints = flags.list('etcd-servers')
  const read = async (name: string) => (flags.has(name) ? await readFile(machine, name, flags.text(name)!) : undefined)
  const caPem = await read('etcd-cafile')
  const identity = await identityOf(flags, read, 'etcd-certfile', 'etcd-keyfile')
  const tls = { ...(caPem === undefined ? {} : { caPem }), ...(identity ? { identity } : {}) }
  const historyAgeMs = flags.durationMs('etcd-compaction-interval')
  const encryption = flags.text('encryption-provider-config')
  const reload = flags.bool('encryption-provider-config-automatic-reload') ?? false
  return await openStorage(machine, {
    database: `${settings.dataDirectory}/k8ts.db`,
    ...(endpoints.length > 0
      ? { etcd: { endpoints, tls, ...(historyAgeMs === undefined ? {} : { historyAgeMs }) } }
      : {}),
    ...(encryption === undefined ? {} : { encryptionConfig: { path: encryption, reload } }),
    ...mediaTypeOf(flags),
  })
}

function mediaTypeOf(flags: Flags): { mediaType?: StorageMediaType } {
  const mediaType = flags.text('storage-media-type')
  if (mediaType === undefined) return {}
  const known: readonly string[] = ['application/json', 'application/vnd.kubernetes.protobuf']
  if (known.includes(mediaType)) return { mediaType: mediaType as StorageMediaType }
  throw new FlagError(`--storage-media-type: want ${known.join(' or ')}, got ${JSON.stringify(mediaType)}`)
}

interface ServerParts {
  flags: Flags
  settings: ApiServerSettings
  files: Files
  store: Store
  base: Store
  audit: Auditor | undefined
}

async function createServer(
  machine: Machine,
  { flags, settings, files, store, base, audit }: ServerParts,
): Promise<ApiServer> {
  const { clock, random, net, log } = machine
  const { issuer, formerIssuers, audiences, maxTokenSeconds, eventTtlSeconds } = settings
  const keys = files.serviceAccountKeys
  const jwksUri = flags.text('service-account-jwks-uri')
  const addressTypes = flags.list('kubelet-preferred-address-types')
  return await createApiServer({
    ...{
      store,
      clock,
      random,
      log,
      net,
      tables,
      serving: settings.serving,
      enabled: settings.enabled,
      gates: settings.gates,
      flags: flags.all,
    },
    ...(audit ? { audit } : {}),
    security: standardSecurity({
      clock,
      random,
      net,
      clientCaPem: files.clientCaPem,
      frontProxy: files.frontProxy,
      serviceAccounts: {
        ...{ keys, issuer, formerIssuers, audiences },
        ...{ extend: flags.bool('service-account-extend-token-expiration') ?? true },
        ...(maxTokenSeconds === undefined ? {} : { maxSeconds: maxTokenSeconds }),
      },
      tokens: files.tokens,
      ...(files.outside ? { outside: files.outside } : {}),
      nodeRules: rulesOfDefaultRole('system:node'),
      authorizationModes: settings.authorizationModes,
      constrainedImpersonation: settings.gates.get('ConstrainedImpersonation') === true,
      bootstrapTokens: flags.bool('enable-bootstrap-token-auth') ?? false,
      allowAnonymous: flags.bool('anonymous-auth') ?? true,
      admission: await admissionSettings(machine, flags, settings),
    }),
    strategies: strategies(eventTtlSeconds === undefined ? {} : { eventTtlSeconds }),
    services: { serviceCidrs: settings.serviceCidrs, nodePorts: settings.nodePorts },
    conversions: conversions(),
    documents: oidcDocuments({ keys, issuer, ...(jwksUri === undefined ? {} : { jwksUri }) }),
    extension: snapshotEndpoint(base, clock),
    frontProxyIdentity: files.pki.frontProxyClient,
    nodeProxy: nodeProxy({
      ...{ net, random: random.stream('node-proxy'), kubeletTls: files.kubeletTls },
      ...(addressTypes.length > 0 ? { addressTypes } : {}),
      allowedCidrs: flags.list('proxy-allowed-cidrs'),
    }),
  })
}

async function admissionSettings({ disk }: Machine, flags: Flags, settings: ApiServerSettings) {
  const path = flags.text('admission-control-config-file')
  const steps = { enabled: settings.enabledAdmission, disabled: settings.disabledAdmission }
  if (path === undefined) return steps
  const { readPluginConfiguration } = await import('../../apiserver/admission/plugin-configuration.ts')
  try {
    return { ...steps, configuration: await readPluginConfiguration(disk, path) }
  } catch (error) {
    throw new FlagError(`--admission-control-config-file: ${messageOf(error)}`)
  }
}

function isAnyAddress(address: string): boolean {
  return address === '::' || address === '0.0.0.0' || address === ''
}

function advertised({ net }: Machine, settings: ApiServerSettings, hostname: string): string {
  if (settings.advertiseAddress !== undefined) return settings.advertiseAddress
  return isAnyAddress(settings.bindAddress) ? clusterConfig(net, { hostname }).nodeAddress : settings.bindAddress
}

async function writeKubeconfig(
  { disk }: Machine,
  settings: ApiServerSettings,
  pki: ClusterPki,
  port: number,
): Promise<string> {
  const path = `${settings.dataDirectory}/admin.kubeconfig`
  const host = isAnyAddress(settings.bindAddress) ? '127.0.0.1' : settings.bindAddress
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
  const identity = pki.leafs.admin
  const text = kubeconfigText({ server, caPem: pki.ca.certificatePem, user: 'kubernetes-admin', identity })
  await disk.write(path, text, { mode: 0o600 })
  return path
}
