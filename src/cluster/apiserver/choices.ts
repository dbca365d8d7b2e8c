/**
 * What flags say of an API server, the same whether it runs alone (`k8ts apiserver`) or with controllers and scheduler
 * (`k8ts server`): every file read, everything wrong in them found.
 */
import { type SigningKey, signingKey, verifyingKey } from '../../apiserver/authentication/jwt.ts'
import { oidcDocuments } from '../../apiserver/authentication/oidc-documents.ts'
import { nodeProxy } from '../../apiserver/node-proxy/proxy.ts'
import type { OutsideSecurityOptions } from '../../apiserver/outside-security.ts'
import type { ApiServerParts } from '../../apiserver/parts.ts'
import { strategies } from '../../apiserver/registry/strategies.ts'
import type { StandardSecurityOptions } from '../../apiserver/standard-security.ts'
import type { StorageMediaType } from '../../apiserver/storage/media-type.ts'
import { messageOf } from '../../platform/log.ts'
import type { NamedIdentity, TlsIdentity } from '../../platform/net.ts'
import type { Machine } from '../machine.ts'
import type { ClusterPki } from '../pki/cluster-pki.ts'
import type { StorageSettings } from '../storage.ts'
import { FlagError, type Flags } from './flags.ts'
import { outsideSecurityOf } from './security-flags.ts'
import { type ApiServerSettings, readSettings } from './settings.ts'

export interface ApiServerChoices {
  settings: ApiServerSettings
  /** The first signs. */
  serviceAccountKeys: readonly [SigningKey, ...SigningKey[]]
  clientCaPem: string
  /** Serving certificates for single names. */
  namedIdentities: readonly NamedIdentity[]
  frontProxy: { caPem: string; allowedNames: string[] }
  parts: Pick<
    ApiServerParts,
    | 'allowedOrigins'
    | 'audit'
    | 'documents'
    | 'enabled'
    | 'flags'
    | 'frontProxyIdentity'
    | 'gates'
    | 'nodeProxy'
    | 'serving'
    | 'strategies'
    | 'strictTransport'
  > &
    Pick<ApiServerParts, 'services'>
  security: Omit<StandardSecurityOptions, 'clock' | 'random' | 'nodeRules'>
}

/** Rejects with `FlagError`. What no flag names comes from `pki`. */
export async function chooseApiServer(machine: Machine, flags: Flags, pki: ClusterPki): Promise<ApiServerChoices> {
  const settings = readSettings(flags)
  const read = reader(machine, flags)
  const serviceAccountKeys = await serviceAccountKeysOf(machine, flags, pki)
  const clientCaPem = (await read('client-ca-file')) ?? pki.ca.certificatePem
  const frontProxy = {
    caPem: (await read('requestheader-client-ca-file')) ?? pki.frontProxyCa.certificatePem,
    allowedNames: flags.has('requestheader-allowed-names')
      ? flags.list('requestheader-allowed-names')
      : ['front-proxy-client'],
  }
  const kubeletIdentity = await identityOf(flags, read, 'kubelet-client-certificate', 'kubelet-client-key')
  const kubeletTls = {
    caPem: (await read('kubelet-certificate-authority')) ?? pki.ca.certificatePem,
    identity: kubeletIdentity ?? pki.leafs['apiserver-kubelet-client'],
  }
  const outside = await outsideSecurityOf(machine, flags, read)
  const common = { settings, serviceAccountKeys, clientCaPem, frontProxy }
  const ownIdentity = await identityOf(flags, read, 'proxy-client-cert-file', 'proxy-client-key-file')
  const frontProxyIdentity = ownIdentity ?? pki.frontProxyClient
  return {
    ...common,
    namedIdentities: await namedIdentitiesFrom(machine, flags),
    parts: await partsOf(machine, flags, { settings, serviceAccountKeys, kubeletTls, frontProxyIdentity }),
    security: await securityOf(machine, flags, { ...common, outside }),
  }
}

async function namedIdentitiesFrom(machine: Machine, flags: Flags): Promise<readonly NamedIdentity[]> {
  if (!flags.has('tls-sni-cert-key')) return []
  const { namedIdentitiesOf } = await import('./server-names.ts')
  return await namedIdentitiesOf(flags, (flag, path) => readFile(machine, flag, path))
}

interface PartsSources extends Pick<ApiServerChoices, 'settings' | 'serviceAccountKeys'> {
  kubeletTls: { caPem: string; identity: TlsIdentity }
  frontProxyIdentity: TlsIdentity
}

async function partsOf(machine: Machine, flags: Flags, sources: PartsSources): Promise<ApiServerChoices['parts']> {
  const { net, random } = machine
  const { settings, serviceAccountKeys: keys, kubeletTls, frontProxyIdentity } = sources
  const { issuer, eventTtlSeconds, serviceCidrs, nodePorts, strictTransport, allowedOrigins } = settings
  // Most record nothing.
  const audit = flags.has('audit-policy-file') ? await (await import('./audit.ts')).auditOf(machine, flags) : undefined
  const jwksUri = flags.text('service-account-jwks-uri')
  const addressTypes = flags.list('kubelet-preferred-address-types')
  return {
    ...{ serving: settings.serving, enabled: settings.enabled, gates: settings.gates, flags: flags.all },
    ...(audit ? { audit } : {}),
    ...(strictTransport === undefined ? {} : { strictTransport }),
    ...(allowedOrigins ? { allowedOrigins } : {}),
    frontProxyIdentity,
    strategies: strategies(eventTtlSeconds === undefined ? {} : { eventTtlSeconds }),
    services: { serviceCidrs, nodePorts },
    documents: oidcDocuments({ keys, issuer, ...(jwksUri === undefined ? {} : { jwksUri }) }),
    nodeProxy: nodeProxy({
      ...{ net, random: random.stream('node-proxy'), kubeletTls },
      ...(addressTypes.length > 0 ? { addressTypes } : {}),
      allowedCidrs: flags.list('proxy-allowed-cidrs'),
    }),
  }
}

interface SecuritySources
  extends Pick<ApiServerChoices, 'settings' | 'serviceAccountKeys' | 'clientCaPem' | 'frontProxy'> {
  outside: OutsideSecurityOptions | undefined
}

async function securityOf(
  machine: Machine,
  flags: Flags,
  { settings, serviceAccountKeys: keys, clientCaPem, frontProxy, outside }: SecuritySources,
): Promise<ApiServerChoices['security']> {
  const { issuer, formerIssuers, audiences, maxTokenSeconds } = settings
  const bootstrapTokens = flags.bool('enable-bootstrap-token-auth')
  return {
    ...{ net: machine.net, clientCaPem, frontProxy },
    serviceAccounts: {
      ...{ keys, issuer, formerIssuers, audiences },
      ...{ extend: flags.bool('service-account-extend-token-expiration') ?? true },
      ...(maxTokenSeconds === undefined ? {} : { maxSeconds: maxTokenSeconds }),
    },
    tokens: await tokensOf(machine, flags),
    ...(outside ? { outside } : {}),
    authorizationModes: settings.authorizationModes,
    constrainedImpersonation: settings.gates.get('ConstrainedImpersonation') === true,
    ...(bootstrapTokens === undefined ? {} : { bootstrapTokens }),
    allowAnonymous: flags.bool('anonymous-auth') ?? true,
    admission: await admissionSettings(machine, flags, settings),
  }
}

async function tokensOf(machine: Machine, flags: Flags) {
  const text = await reader(machine, flags)('token-auth-file')
  if (text === undefined) return {}
  const { readTokenFile } = await import('./token-file.ts')
  return readTokenFile(text)
}

async function admissionSettings({ disk }: Machine, flags: Flags, settings: ApiServerSettings) {
  const path = flags.text('admission-control-config-file')
  const absence = {
    notReadySeconds: flags.count('default-not-ready-toleration-seconds'),
    unreachableSeconds: flags.count('default-unreachable-toleration-seconds'),
  }
  const steps = { absence, enabled: settings.enabledAdmission, disabled: settings.disabledAdmission }
  if (path === undefined) return steps
  const { readPluginConfiguration } = await import('../../apiserver/admission/plugin-configuration.ts')
  try {
    return { ...steps, configuration: await readPluginConfiguration(disk, path) }
  } catch (error) {
    throw new FlagError(`--admission-control-config-file: ${messageOf(error)}`)
  }
}

async function serviceAccountKeysOf(
  machine: Machine,
  flags: Flags,
  pki: ClusterPki,
): Promise<[SigningKey, ...SigningKey[]]> {
  const signing = await reader(machine, flags)('service-account-signing-key-file')
  const verifying = await Promise.all(
    flags.texts('service-account-key-file').map((path) => readFile(machine, 'service-account-key-file', path)),
  )
  return [signingKey(signing ?? pki.serviceAccountKey.privateKeyPem), ...verifying.map(verifyingKey)]
}

/** What flags say of the store; the rest stays as it is. `reload`: whether a file of encryption is followed by default. */
export async function chooseStorage(
  machine: Machine,
  flags: Flags,
  { reload = false } = {},
): Promise<Partial<StorageSettings>> {
  const read = reader(machine, flags)
  const endpoints = flags.list('etcd-servers')
  const caPem = await read('etcd-cafile')
  const identity = await identityOf(flags, read, 'etcd-certfile', 'etcd-keyfile')
  const tls = { ...(caPem === undefined ? {} : { caPem }), ...(identity ? { identity } : {}) }
  const historyAgeMs = flags.durationMs('etcd-compaction-interval')
  const encryption = flags.text('encryption-provider-config')
  const follow = flags.bool('encryption-provider-config-automatic-reload') ?? reload
  return {
    ...(endpoints.length > 0
      ? { etcd: { endpoints, tls, ...(historyAgeMs === undefined ? {} : { historyAgeMs }) } }
      : {}),
    ...(encryption === undefined ? {} : { encryptionConfig: { path: encryption, reload: follow } }),
    ...mediaTypeOf(flags),
  }
}

function mediaTypeOf(flags: Flags): { mediaType?: StorageMediaType } {
  const mediaType = flags.text('storage-media-type')
  if (mediaType === undefined) return {}
  const known: readonly string[] = ['application/json', 'application/vnd.kubernetes.protobuf']
  if (known.includes(mediaType)) return { mediaType: mediaType as StorageMediaType }
  throw new FlagError(`--storage-media-type: want ${known.join(' or ')}, got ${JSON.stringify(mediaType)}`)
}

/** Reads the file that a flag names; undefined when it names none. */
export function reader(machine: Machine, flags: Flags): (flag: string) => Promise<string | undefined> {
  return async (flag) => {
    const path = flags.text(flag)
    return path === undefined ? undefined : await readFile(machine, flag, path)
  }
}

async function readFile({ disk }: Machine, flag: string, path: string): Promise<string> {
  return await disk.readText(path).catch((error: NodeJS.ErrnoException) => {
    throw new FlagError(`--${flag}: cannot read ${path}: ${error.code ?? error.message}`)
  })
}

export async function identityOf(
  flags: Flags,
  read: (name: string) => Promise<string | undefined>,
  certificate: string,
  key: string,
): Promise<TlsIdentity | undefined> {
  if (flags.has(certificate) !== flags.has(key)) throw new FlagError(`--${certificate} and --${key} go together`)
  const [certificatePem, keyPem] = [await read(certificate), await read(key)]
  return certificatePem === undefined || keyPem === undefined ? undefined : { certificatePem, keyPem }
}
