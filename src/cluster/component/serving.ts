/** Where a component listens, by which certificate, and whom it lets in: what its flags say of that. */
import { X509Certificate } from 'node:crypto'
import { issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import { transportTo } from '../../client/connect.ts'
import { loadKubeconfig } from '../../client/kubeconfig.ts'
import type { HttpsServerOptions, TlsIdentity } from '../../platform/net.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'
import { tlsLimitsOf } from '../apiserver/tls-flags.ts'
import type { Machine } from '../machine.ts'
import { type Callers, DelegatedAccess } from './access.ts'
import { callersOf } from './callers.ts'

const certificateDays = 365
const dayMs = 86_400_000

export interface ServingParts {
  machine: Machine
  flags: Flags
  /** `kube-scheduler` and the like. */
  component: string
  /** Where no flag names one. */
  port: number
  /** By the component's own kubeconfig. */
  client: Client
}

/** Undefined without a port. */
export async function servingOf(
  parts: ServingParts,
): Promise<{ listen: HttpsServerOptions; access: DelegatedAccess } | undefined> {
  const { machine, flags } = parts
  const port = flags.count('secure-port') ?? parts.port
  if (port === 0) return undefined
  if (port > 65_535) throw new FlagError(`--secure-port must be between 0 and 65535, got ${port}`)
  const address = flags.text('bind-address')
  const [authentication, authorization] = [
    await clientBy(parts, 'authentication-kubeconfig'),
    await clientBy(parts, 'authorization-kubeconfig'),
  ]
  const callers = await callersOf(machine, flags, authentication)
  const clientCaPem = [callers.clientCaPem, callers.frontProxy?.caPem].filter((pem) => pem !== undefined).join('\n')
  const listen = {
    // The kernel lets IPv4 in by the one, too.
    host: address === undefined || address === '0.0.0.0' ? '::' : address,
    port,
    identity: await identityOf(parts),
    tls: tlsLimitsOf(flags),
    ...(clientCaPem === '' ? {} : { clientCaPem }),
    ...(flags.has('tls-sni-cert-key') ? { named: await namedIdentities(parts) } : {}),
  }
  return { listen, access: accessOf(parts, { authentication, authorization, callers }) }
}

function accessOf(
  { machine, flags }: ServingParts,
  clients: { authentication: Client; authorization: Client; callers: Callers },
): DelegatedAccess {
  const ttlMs = (name: string): number => flags.durationMs(name) ?? 0
  return new DelegatedAccess({
    ...clients,
    clock: machine.clock,
    openPaths: flags.list('authorization-always-allow-paths'),
    tokenTtlMs: ttlMs('authentication-token-webhook-cache-ttl'),
    allowedTtlMs: ttlMs('authorization-webhook-cache-authorized-ttl'),
    refusedTtlMs: ttlMs('authorization-webhook-cache-unauthorized-ttl'),
  })
}

async function clientBy({ machine, flags, component, client }: ServingParts, flag: string): Promise<Client> {
  const path = flags.text(flag)
  if (path === undefined || path === flags.text('kubeconfig')) return client
  return createClient(transportTo(await loadKubeconfig(machine.disk, path)), { userAgent: component })
}

async function namedIdentities({ machine, flags }: ServingParts) {
  const { namedIdentitiesOf } = await import('../apiserver/server-names.ts')
  return await namedIdentitiesOf(flags, (_flag, path) => machine.disk.readText(path))
}

async function identityOf(parts: ServingParts): Promise<TlsIdentity> {
  const { disk } = parts.machine
  const { flags, component } = parts
  const [certificate, key] = [flags.text('tls-cert-file'), flags.text('tls-private-key-file')]
  if (certificate !== undefined && key !== undefined) {
    return { certificatePem: await disk.readText(certificate), keyPem: await disk.readText(key) }
  }
  if (certificate !== key) throw new FlagError('--tls-cert-file and --tls-private-key-file belong together')
  const folder = flags.text('cert-dir')
  if (folder === undefined) return madeIdentity(parts)
  const [certificatePath, keyPath] = [`${folder}/${component}.crt`, `${folder}/${component}.key`]
  const isThere = (path: string) => disk.readText(path).catch(() => undefined)
  const [certificatePem, keyPem] = [await isThere(certificatePath), await isThere(keyPath)]
  const nowMs = parts.machine.clock.nowMs()
  if (certificatePem && keyPem && new X509Certificate(certificatePem).validToDate.getTime() > nowMs)
    return { certificatePem, keyPem }
  const made = madeIdentity(parts)
  await disk.makeDirectory(folder, 0o755)
  await disk.write(keyPath, made.keyPem, { mode: 0o600 })
  await disk.write(certificatePath, made.certificatePem, { mode: 0o644 })
  return made
}

function madeIdentity({ machine: { clock, random } }: ServingParts): TlsIdentity {
  const notBeforeMs = clock.nowMs() - dayMs
  const life = { notBeforeMs, notAfterMs: notBeforeMs + certificateDays * dayMs }
  const subject = (commonName: string) => ({ commonName, organizations: [] })
  const authority = issueAuthority({ ...life, subject: subject('localhost-ca'), serial: random.bytes(16) })
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] }
  const spec = { ...life, ...names, subject: subject('localhost'), serial: random.bytes(16) }
  return issueCertificate(authority, { ...spec, usages: ['serverAuth'] })
}
