/** This machine, for the command line: the real doors, its name, and the program that starts our roles. */
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../platform/log.ts'
import type { Platform } from '../platform/platform.ts'
import { keptAlive } from '../platform/real/keep-alive.ts'
import { createLogger } from '../platform/real/log.ts'
import { realPlatform } from '../platform/real/platform.ts'
import { type ClusterConfig, clusterConfig } from './config.ts'

export { keptAlive }

export interface Machine extends Platform {
  log: Logger
  /** `x64` or `arm64`. */
  architecture: string
  /** Absolute path of `bin/k8ts`. */
  program: string
  /** Root of the checkout or of the installed package. */
  packageRoot: string
}

export interface LogChoice {
  /** Default: info, or what `K8TS_LOG` says. */
  level?: 'debug' | 'info'
  /** Default: pretty on a terminal. */
  format?: 'json' | 'pretty'
}

export function thisMachine(choice: LogChoice = {}): Machine {
  const platform = realPlatform()
  const { level = process.env.K8TS_LOG === 'debug' ? 'debug' : 'info' } = choice
  const { format = process.stderr.isTTY ? 'pretty' : 'json' } = choice
  return {
    ...platform,
    log: createLogger({ clock: platform.clock, level, format }),
    architecture: process.arch,
    program: fileURLToPath(new URL('../../bin/k8ts', import.meta.url)),
    packageRoot: fileURLToPath(new URL('../..', import.meta.url)),
  }
}

export interface LocationOptions {
  home?: string
  nodeName?: string
  nodeAddress?: string
  /** Who knows the nodes' machines: `local` (default), `external`, `none`. */
  cloudProvider?: string
  /** Ranges for Services of type LoadBalancer, comma-separated. */
  loadBalancerPool?: string
}

/**
 * Options win over `K8TS_HOME`, which wins over the default. `K8TS_EXTERNAL_CIDRS` (with commas) and
 * `K8TS_FOREIGN_ENDPOINTS=true` open what the node's proxy keeps closed.
 */
export function configFor(machine: Machine, options: LocationOptions): ClusterConfig {
  const home = options.home ?? process.env.K8TS_HOME
  const externalCidrs = (process.env.K8TS_EXTERNAL_CIDRS ?? '').split(',').filter((cidr) => cidr !== '')
  const bad = externalCidrs.find((cidr) => !isCidr(cidr))
  if (bad !== undefined) throw new Error(`K8TS_EXTERNAL_CIDRS: ${JSON.stringify(bad)} is no CIDR such as 192.0.2.0/24`)
  return clusterConfig(machine.net, {
    ...options,
    ...(home ? { home: resolve(home) } : {}),
    hostname: hostname(),
    trust: { externalCidrs, foreignEndpoints: process.env.K8TS_FOREIGN_ENDPOINTS === 'true' },
  })
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  const family = isIP(address)
  return family !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

/** Resolves when this process is told to end (SIGTERM or SIGINT). A second signal ends it at once. */
export function untilToldToEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve(signal)
      })
    }
  })
}
