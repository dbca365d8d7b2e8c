/** This machine, for the command line: the real doors, its name, and the program that starts our roles. */
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
}

/** Options win over `K8TS_HOME`, which wins over the default. */
export function configFor(machine: Machine, options: LocationOptions): ClusterConfig {
  const home = options.home ?? process.env.K8TS_HOME
  return clusterConfig(machine.net, { ...options, ...(home ? { home: resolve(home) } : {}), hostname: hostname() })
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
