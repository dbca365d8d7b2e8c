/** What the flags of `k8ts apiserver` ask for, as plain values; everything that can be wrong in them is found here. */
import type { Pattern } from '../../api/pattern.ts'
import { orderedPlugins } from '../../apiserver/admission/names.ts'
import { addressRange } from '../../apiserver/allocators/ranges.ts'
import { enabledApis } from '../../apiserver/scheme/enabled.ts'
import { type Gates, readFeatureGates } from '../../apiserver/scheme/feature-gates.ts'
import type { BuiltInOptions } from '../../apiserver/scheme/scheme.ts'
import type { Serving } from '../../apiserver/serving.ts'
import type { AuthorizationMode } from '../../apiserver/standard-security.ts'
import type { TlsLimits } from '../../platform/net.ts'
import { FlagError, type Flags } from './flags.ts'
import { authorizationModesOf } from './security-flags.ts'
import { allowedOriginsOf, strictTransportOf, tlsLimitsOf } from './tls-flags.ts'

export interface ApiServerSettings {
  dataDirectory: string
  certDirectory: string
  bindAddress: string
  securePort: number
  /** Undefined: the bind address when it is one, else the machine's. */
  advertiseAddress: string | undefined
  /** False: no `kubernetes` Service. */
  reconcileEndpoints: boolean
  serviceCidrs: string[]
  nodePorts: { first: number; last: number }
  /** Without those that need files; see `outsideSecurityOf`. */
  authorizationModes: AuthorizationMode[]
  /** Besides those that are on by default. */
  enabledAdmission: string[]
  disabledAdmission: string[]
  enabled: NonNullable<BuiltInOptions['enabled']>
  gates: Gates
  serving: Partial<Serving>
  tls: TlsLimits
  /** The header for browsers; undefined: none. */
  strictTransport: string | undefined
  /** Of pages that may ask this server; undefined: none. */
  allowedOrigins: Pattern[] | undefined
  eventTtlSeconds: number | undefined
  issuer: string
  formerIssuers: string[]
  audiences: string[]
  maxTokenSeconds: number | undefined
}

/** Throws `FlagError` (or `ApiConfigError`) in words for whoever typed the flags. */
export function readSettings(flags: Flags): ApiServerSettings {
  const dataDirectory = flags.text('data-dir') ?? '/var/lib/k8ts-apiserver'
  const [issuer = 'https://kubernetes.default.svc.cluster.local', ...formerIssuers] =
    flags.texts('service-account-issuer')
  const audiences = flags.list('api-audiences')
  const gates = readFeatureGates(flags.list('feature-gates'))
  const ttlMs = flags.durationMs('event-ttl')
  const tokenMs = flags.durationMs('service-account-max-token-expiration')
  return {
    dataDirectory,
    certDirectory: flags.text('cert-dir') ?? `${dataDirectory}/pki`,
    bindAddress: flags.text('bind-address') ?? '::',
    securePort: portOf(flags),
    advertiseAddress: flags.text('advertise-address'),
    reconcileEndpoints: oneOf(flags, 'endpoint-reconciler-type', ['lease', 'none']) !== 'none',
    serviceCidrs: serviceCidrsOf(flags),
    nodePorts: nodePortsOf(flags),
    authorizationModes: authorizationModesOf(flags).filter((mode) => mode !== 'ABAC' && mode !== 'Webhook'),
    ...admissionOf(flags),
    enabled: enabledApis(flags.list('runtime-config'), gates),
    gates,
    serving: servingOf(flags),
    tls: tlsLimitsOf(flags),
    strictTransport: strictTransportOf(flags),
    allowedOrigins: allowedOriginsOf(flags),
    eventTtlSeconds: ttlMs === undefined ? undefined : Math.max(1, Math.round(ttlMs / 1000)),
    issuer,
    formerIssuers,
    audiences: audiences.length > 0 ? audiences : [issuer, ...formerIssuers],
    maxTokenSeconds: maxTokenSeconds(tokenMs),
  }
}

function portOf(flags: Flags): number {
  const port = flags.count('secure-port') ?? 6443
  if (port > 65_535) throw new FlagError(`--secure-port must be between 0 and 65535, got ${port}`)
  return port
}

function oneOf(flags: Flags, name: string, allowed: readonly string[]): string | undefined {
  const value = flags.text(name)
  if (value === undefined || allowed.includes(value)) return value
  throw new FlagError(`--${name}=${value} is not offered, only ${allowed.join(', ')}`)
}

function serviceCidrsOf(flags: Flags): string[] {
  if (!flags.has('service-cluster-ip-range')) return ['10.96.0.0/16']
  const cidrs = flags.list('service-cluster-ip-range')
  const why = (rule: string) => new FlagError(`--service-cluster-ip-range=${cidrs.join()}: ${rule}`)
  if (cidrs.length === 0 || cidrs.length > 2) throw why('want one CIDR, or one for each IP family')
  for (const cidr of cidrs) {
    const [address = '', bits = ''] = cidr.split('/')
    const most = address.includes(':') ? 128 : 32
    if (!/^[0-9a-fA-F.:]+$/.test(address) || !/^\d+$/.test(bits) || Number(bits) > most) {
      throw why(`${cidr} is no CIDR such as 10.96.0.0/16`)
    }
    if (Number(bits) > most - 2) throw why(`${cidr} has room for fewer than two Services`)
    addressRange(cidr)
  }
  if (cidrs.length === 2 && cidrs[0]?.includes(':') === cidrs[1]?.includes(':')) {
    throw why('the two CIDRs must be of different IP families')
  }
  return cidrs
}

function nodePortsOf(flags: Flags): { first: number; last: number } {
  const text = flags.text('service-node-port-range') ?? '30000-32767'
  const [, first = '', last = ''] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []
  const range = { first: Number(first), last: Number(last) }
  if (first === '' || range.first < 1 || range.last > 65_535 || range.first > range.last) {
    throw new FlagError(`--service-node-port-range must be first-last within 1-65535, got ${JSON.stringify(text)}`)
  }
  return range
}

function admissionOf(flags: Flags): Pick<ApiServerSettings, 'enabledAdmission' | 'disabledAdmission'> {
  const disabledAdmission = flags.list('disable-admission-plugins')
  const enabledAdmission = flags.list('enable-admission-plugins')
  for (const name of disabledAdmission) {
    if (!orderedPlugins.includes(name)) throw new FlagError(`--disable-admission-plugins: ${name} is unknown`)
  }
  for (const name of enabledAdmission) {
    if (!orderedPlugins.includes(name)) {
      throw new FlagError(`--enable-admission-plugins=${name} is not offered, only ${orderedPlugins.join(', ')}`)
    }
    if (disabledAdmission.includes(name)) throw new FlagError(`${name} is both enabled and disabled`)
  }
  return { enabledAdmission, disabledAdmission }
}

function servingOf(flags: Flags): Partial<Serving> {
  const timeoutMs = flags.durationMs('request-timeout')
  if (timeoutMs !== undefined && timeoutMs < 1) throw new FlagError('--request-timeout must be greater than 0')
  const reads = positive(flags, 'max-requests-inflight')
  const writes = positive(flags, 'max-mutating-requests-inflight')
  const seconds = flags.count('min-request-timeout')
  return {
    priorityAndFairness: flags.bool('enable-priority-and-fairness') ?? true,
    ...(reads === undefined ? {} : { readRequestsInFlightMax: reads }),
    ...(writes === undefined ? {} : { writeRequestsInFlightMax: writes }),
    ...(timeoutMs === undefined ? {} : { requestTimeoutMs: timeoutMs }),
    ...(seconds === undefined ? {} : { watchTimeoutSeconds: seconds }),
  }
}

function positive(flags: Flags, name: string): number | undefined {
  const value = flags.count(name)
  if (value === 0) throw new FlagError(`--${name} must be greater than 0`)
  return value
}

function maxTokenSeconds(ms: number | undefined): number | undefined {
  if (ms === undefined || ms === 0) return undefined
  const seconds = Math.floor(ms / 1000)
  if (seconds >= 3600 && seconds <= 2 ** 32) return seconds
  throw new FlagError('--service-account-max-token-expiration must be between 1 hour and 2^32 seconds')
}
