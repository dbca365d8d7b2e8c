/**
 * What `k8ts cloud-controller-manager` runs: the controllers of one provider, `local` or what another program serves.
 * `--cloud-config` names a file with the latter's address; see docs/how-to/cloud-provider.md.
 */
import { parse } from 'yaml'
import { coreV1 } from '../../api/resources.ts'
import type { Controller, ControllerParts } from '../../client/controller.ts'
import { type ExternalProviderOptions, externalProvider } from '../../cloud/external/external.ts'
import { type CloudOptions, cloudControllers } from '../../cloud/index.ts'
import { localProvider } from '../../cloud/local/local.ts'
import { defaultPool, parsePool } from '../../cloud/local/pool.ts'
import type { CloudProvider } from '../../cloud/provider.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'
import type { Machine } from '../machine.ts'

/** In the form of `../apiserver/flag-table.ts`; those that all components share are not among them. */
export const cloudFlags = `
  cloud-provider text | local, or external: what a program of --cloud-config serves
  cloud-config text | YAML file: url, and caFile, certFile, keyFile, tokenFile where they are needed
  load-balancer-pool text :${defaultPool} | what local gives to Services of type LoadBalancer
  controllers list :* | controllers to run: *, a name, or -name to leave it out
  cluster-name text :kubernetes | for what the cloud calls its things
  cluster-cidr list | ranges of the pods; routes in them are ours
  allocate-node-cidrs bool :true | whether nodes get ranges of pods, which routes lead to; the controller manager gives them
  configure-cloud-routes bool :true | whether the cloud is told the nodes' pod ranges
  route-reconciliation-period duration :10s | from one look at routes to the next
  node-monitor-period duration :5s | from one look at a node that is not ready to the next
  node-status-update-frequency duration :5m0s | from one look at a node's addresses to the next
  concurrent-service-syncs count :10 | Services at once
  concurrent-node-syncs count :10 | nodes at once
  use-service-account-credentials bool :false | whether each controller acts by a token of its own service account
  allow-untagged-cloud bool ! | tags are the provider's own business
  min-resync-period duration ! | caches follow watches and are not resynced
  controller-start-interval duration ! | all start at once
  node-sync-period duration ! | gone upstream too; see --node-status-update-frequency
  external-cloud-volume-plugin text ! | volumes are CSI drivers' business
  enable-leader-migration bool =false | nothing moves from another manager
  leader-migration-config text ! | nothing moves from another manager
  webhooks list ! | there are none
`

/** Asks the provider what it offers. Throws `FlagError`, and what the provider's program says. */
export async function cloudFurther(machine: Machine, flags: Flags): Promise<(parts: ControllerParts) => Controller[]> {
  const options = optionsOf(flags)
  const providerOf = await chosenProvider(machine, flags)
  return (parts) => cloudControllers(parts, providerOf(parts), options)
}

type ProviderOf = (parts: ControllerParts) => CloudProvider

async function chosenProvider(machine: Machine, flags: Flags): Promise<ProviderOf> {
  const name = flags.text('cloud-provider')
  if (name === 'local') {
    const pool = flags.text('load-balancer-pool') ?? ''
    parsePool(pool)
    return ({ informers }) => {
      const services = informers.of(coreV1.services)
      return localProvider({ services: () => services.list(), pool })
    }
  }
  if (name !== 'external') throw new FlagError(`--cloud-provider must be local or external, got ${name ?? 'none'}`)
  const path = flags.text('cloud-config')
  if (path === undefined) throw new FlagError('--cloud-provider=external needs --cloud-config')
  const provider = await externalProvider(await readConfig(machine, path))
  machine.log.info('the cloud provider answers', { provider: provider.name })
  return () => provider
}

const known = new Set(['url', 'caFile', 'certFile', 'keyFile', 'tokenFile'])

async function readConfig({ disk, net, clock }: Machine, path: string): Promise<ExternalProviderOptions> {
  const config: unknown = parse(await disk.readText(path))
  const entries = typeof config === 'object' && config !== null ? Object.entries(config) : []
  const wrong = entries.find(([key, value]) => !known.has(key) || typeof value !== 'string')
  if (wrong) throw new FlagError(`--cloud-config: ${path}: ${JSON.stringify(wrong[0])} is unknown or no text`)
  const { url, caFile, certFile, keyFile, tokenFile } = Object.fromEntries(entries) as Record<string, string>
  if (!url) throw new FlagError(`--cloud-config: ${path}: url is missing`)
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new FlagError(`--cloud-config: ${path}: certFile and keyFile belong together`)
  const caPem = caFile && (await disk.readText(caFile))
  const identity = certFile &&
    keyFile && { certificatePem: await disk.readText(certFile), keyPem: await disk.readText(keyFile) }
  return {
    ...{ net, clock, url },
    ...(caPem || identity ? { tls: { ...(caPem ? { caPem } : {}), ...(identity ? { identity } : {}) } } : {}),
    ...(tokenFile ? { bearerToken: async () => (await disk.readText(tokenFile)).trim() } : {}),
  }
}

function optionsOf(flags: Flags): CloudOptions {
  const atLeastOne = (name: string): number | undefined => {
    const count = flags.count(name)
    if (count !== undefined && count < 1) throw new FlagError(`--${name} must be at least 1`)
    return count
  }
  const options = {
    clusterName: flags.text('cluster-name'),
    clusterCidrs: flags.list('cluster-cidr'),
    configureRoutes: flags.bool('allocate-node-cidrs') === false ? false : flags.bool('configure-cloud-routes'),
    nodeUpdateMs: flags.durationMs('node-status-update-frequency'),
    nodeMonitorMs: flags.durationMs('node-monitor-period'),
    routePeriodMs: flags.durationMs('route-reconciliation-period'),
    serviceWorkers: atLeastOne('concurrent-service-syncs'),
    nodeWorkers: atLeastOne('concurrent-node-syncs'),
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
