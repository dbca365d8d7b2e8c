/**
 * What the flags say of TLS (the oldest version and the cipher suites, by the names that Go and IANA have for them) and to
 * browsers.
 * Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/.
 */
import { compilePattern, type Pattern } from '../../api/pattern.ts'
import { messageOf } from '../../platform/log.ts'
import type { TlsLimits } from '../../platform/net.ts'
import { FlagError, type Flags } from './flags.ts'

const versions = { VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3' } as const

/** Of TLS 1.3: always offered, as Go offers them. */
const alwaysOffered = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']

/** Of TLS 1.2, with OpenSSL's names. */
const suites: ReadonlyMap<string, string> = new Map([
  ...['ECDSA', 'RSA'].flatMap((key): [string, string][] => [
    [`TLS_ECDHE_${key}_WITH_AES_128_GCM_SHA256`, `ECDHE-${key}-AES128-GCM-SHA256`],
    [`TLS_ECDHE_${key}_WITH_AES_256_GCM_SHA384`, `ECDHE-${key}-AES256-GCM-SHA384`],
    [`TLS_ECDHE_${key}_WITH_CHACHA20_POLY1305_SHA256`, `ECDHE-${key}-CHACHA20-POLY1305`],
    [`TLS_ECDHE_${key}_WITH_CHACHA20_POLY1305`, `ECDHE-${key}-CHACHA20-POLY1305`],
    [`TLS_ECDHE_${key}_WITH_AES_128_CBC_SHA`, `ECDHE-${key}-AES128-SHA`],
    [`TLS_ECDHE_${key}_WITH_AES_256_CBC_SHA`, `ECDHE-${key}-AES256-SHA`],
    [`TLS_ECDHE_${key}_WITH_AES_128_CBC_SHA256`, `ECDHE-${key}-AES128-SHA256`],
  ]),
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
])

/** Throws `FlagError` for what is not offered. */
export function tlsLimitsOf(flags: Flags): TlsLimits {
  const version = flags.text('tls-min-version') ?? 'VersionTLS12'
  if (!Object.hasOwn(versions, version)) {
    throw new FlagError(`--tls-min-version=${version} is not offered, want one of ${Object.keys(versions).join(', ')}`)
  }
  const names = flags.list('tls-cipher-suites')
  const minVersion = versions[version as keyof typeof versions]
  if (names.length === 0) return { minVersion }
  const ciphers = names.filter((name) => !alwaysOffered.includes(name)).map(cipherOf)
  return { minVersion, ciphers: [...alwaysOffered, ...ciphers].join(':') }
}

function cipherOf(name: string): string {
  const cipher = suites.get(name)
  if (cipher !== undefined) return cipher
  const offered = [...alwaysOffered, ...suites.keys()].join(', ')
  throw new FlagError(`--tls-cipher-suites=${name} is not offered, want some of ${offered}`)
}

/** The header that tells browsers to come by HTTPS only; undefined where no flag asks for it. */
export function strictTransportOf(flags: Flags): string | undefined {
  const directives = flags.list('strict-transport-security-directives')
  for (const directive of directives) {
    if (/^(max-age=\d+|includeSubDomains|preload)$/.test(directive)) continue
    throw new FlagError(
      `--strict-transport-security-directives=${directive} is unknown, want max-age=SECONDS, includeSubDomains or preload`,
    )
  }
  return directives.length === 0 ? undefined : directives.join('; ')
}

/** Undefined where no flag names any. */
export function allowedOriginsOf(flags: Flags): Pattern[] | undefined {
  const sources = flags.list('cors-allowed-origins')
  return sources.length === 0 ? undefined : sources.map(originPattern)
}

/** One that is not pinned to the host would let in `example.com.evil.test`. */
function originPattern(source: string): Pattern {
  if (!/\^|\/\//.test(source) || !/[$:]/.test(source)) {
    throw new FlagError(`--cors-allowed-origins=${source} must pin the host by ^ or // in front and $ or : behind`)
  }
  try {
    return compilePattern(source)
  } catch (error) {
    throw new FlagError(`--cors-allowed-origins=${source}: ${messageOf(error)}`)
  }
}
