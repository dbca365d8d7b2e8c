/** Flags of `k8ts apiserver` about whom to ask outside: issuers of tokens, webhooks, policy files. */
import type { OidcFlags } from '../../apiserver/authentication/oidc-flags.ts'
import type { ConfiguredAuthorizer } from '../../apiserver/authorization/configuration.ts'
import type { OutsideSecurityOptions } from '../../apiserver/outside-security.ts'
import type { Machine } from '../machine.ts'
import { FlagError, type Flags } from './flags.ts'

const modes = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'ABAC', 'Webhook'] as const
const minute = 60_000

export type FlagMode = (typeof modes)[number]

/** In the order in which they are asked. Throws `FlagError`. */
export function authorizationModesOf(flags: Flags): FlagMode[] {
  if (!flags.has('authorization-mode')) return ['Node', 'RBAC']
  const listed = flags.list('authorization-mode').map((name) => {
    const mode = modes.find((one) => one === name)
    if (!mode) throw new FlagError(`--authorization-mode=${name} is not offered, only ${modes.join(', ')}`)
    return mode
  })
  const twice = listed.find((mode, index) => listed.indexOf(mode) !== index)
  if (twice) throw new FlagError(`--authorization-mode has mode specified more than once: ${twice}`)
  return listed
}

type Read = (flag: string) => Promise<string | undefined>

/** Undefined when nobody is asked: then nothing of it is loaded. Throws `FlagError`. */
export async function outsideSecurityOf(
  { disk, log, net }: Machine,
  flags: Flags,
  read: Read,
): Promise<OutsideSecurityOptions | undefined> {
  const authenticationConfig = flags.text('authentication-config')
  const oidc = await oidcOf(flags, read)
  const tokenWebhook = tokenWebhookOf(flags)
  const authorization = authorizationOf(flags)
  const abacPolicies = await read('authorization-policy-file')
  if (authenticationConfig !== undefined && oidc) {
    throw new FlagError('--authentication-config and --oidc-* flags cannot be used together')
  }
  if (authenticationConfig !== undefined && flags.has('anonymous-auth')) {
    refuseBoth(await read('authentication-config'))
  }
  const own = {
    ...(authenticationConfig === undefined ? {} : { authenticationConfig }),
    ...(oidc ? { oidc } : {}),
    ...(tokenWebhook ? { tokenWebhook } : {}),
    ...(authorization === undefined ? {} : { authorization }),
  }
  if (Object.keys(own).length === 0) return undefined
  return { disk, log, net, ...own, ...(abacPolicies === undefined ? {} : { abacPolicies }) }
}

function refuseBoth(configuration: string | undefined): void {
  if (!/^\s*["']?anonymous["']?\s*:/m.test(configuration ?? '')) return
  throw new FlagError('--anonymous-auth cannot be set when the configuration file says something about anonymous')
}

async function oidcOf(flags: Flags, read: Read): Promise<OidcFlags | undefined> {
  const given = [...flags.all.keys()].filter((name) => name.startsWith('oidc-'))
  if (given.length === 0) return undefined
  const text = (name: string, key: keyof OidcFlags) => {
    const value = flags.text(name)
    return value === undefined ? {} : { [key]: value }
  }
  const certificateAuthority = await read('oidc-ca-file')
  const issuerUrl = flags.text('oidc-issuer-url') ?? ''
  const clientId = flags.text('oidc-client-id') ?? ''
  if (issuerUrl === '' || clientId === '') {
    throw new FlagError('--oidc-issuer-url and --oidc-client-id must be specified together when any --oidc-* flag is')
  }
  return {
    issuerUrl,
    clientId,
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    ...text('oidc-username-claim', 'usernameClaim'),
    ...text('oidc-username-prefix', 'usernamePrefix'),
    ...text('oidc-groups-claim', 'groupsClaim'),
    ...text('oidc-groups-prefix', 'groupsPrefix'),
    requiredClaims: flags.list('oidc-required-claim'),
    signingAlgorithms: flags.list('oidc-signing-algs'),
  }
}

function tokenWebhookOf(flags: Flags): OutsideSecurityOptions['tokenWebhook'] {
  const path = flags.text('authentication-token-webhook-config-file')
  if (path === undefined) return undefined
  return {
    path,
    version: versionOf(flags, 'authentication-token-webhook-version'),
    cacheTtlMs: flags.durationMs('authentication-token-webhook-cache-ttl') ?? 2 * minute,
  }
}

/** Undefined when the modes alone say it. */
function authorizationOf(flags: Flags): string | ConfiguredAuthorizer[] | undefined {
  const path = flags.text('authorization-config')
  const own = [...flags.all.keys()].find((name) => /^authorization-(mode|webhook-)/.test(name))
  if (path !== undefined) {
    if (own) throw new FlagError(`--authorization-config can not be specified when --${own} is`)
    return path
  }
  const listed = authorizationModesOf(flags)
  refuseUnused(flags, listed)
  if (!listed.includes('Webhook') && !listed.includes('ABAC')) return undefined
  return listed.map((type) => {
    const name = type.toLowerCase()
    return type === 'Webhook' ? { type, name, webhook: webhookOf(flags) } : { type, name }
  })
}

/** A file that nobody reads is a mistake. */
function refuseUnused(flags: Flags, listed: readonly FlagMode[]): void {
  const files = { ABAC: 'authorization-policy-file', Webhook: 'authorization-webhook-config-file' } as const
  for (const [mode, flag] of Object.entries(files)) {
    if (listed.includes(mode as FlagMode) === flags.has(flag)) continue
    throw new FlagError(`--authorization-mode=${mode} and --${flag} go together`)
  }
}

function webhookOf(flags: Flags) {
  return {
    kubeConfigFile: flags.text('authorization-webhook-config-file') ?? '',
    version: versionOf(flags, 'authorization-webhook-version'),
    authorizedTtlMs: flags.durationMs('authorization-webhook-cache-authorized-ttl') ?? 5 * minute,
    unauthorizedTtlMs: flags.durationMs('authorization-webhook-cache-unauthorized-ttl') ?? minute / 2,
    timeoutMs: minute / 2,
    failurePolicy: 'NoOpinion' as const,
    matchConditions: [],
  }
}

function versionOf(flags: Flags, name: string): 'v1' | 'v1beta1' {
  const version = flags.text(name) ?? 'v1beta1'
  if (version === 'v1' || version === 'v1beta1') return version
  throw new FlagError(`--${name}=${version} is not offered, only v1, v1beta1`)
}
