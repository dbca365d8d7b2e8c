/** What an API server does when it starts: the objects that every cluster has, and the ones that say it is there. */

import { coreV1 } from '../../api/resources.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import type { Store } from '../../store/store.ts'
import { AddressObjects } from '../allocators/addresses.ts'
import { addressRange } from '../allocators/ranges.ts'
import { AddressRepair } from '../allocators/repair.ts'
import type { Objects } from '../objects.ts'
import type { Gates } from '../scheme/feature-gates.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { defaultRbac } from './default-rbac.ts'
import { ensureObjects, type KeeperParts, type Wanted } from './ensure.ts'
import { flowDefaults } from './flow-defaults.ts'
import { FlowKeeper } from './flow-keeper.ts'
import { IdentityLease } from './identity-lease.ts'
import { KubernetesService } from './kubernetes-service.ts'
import { builtInApiServices, LocalApiServices } from './local-api-services.ts'
import { systemObjects } from './system-objects.ts'

export interface BootstrapOptions {
  /** The created server. */
  server: { scheme: Scheme; objects: Objects }
  store: Store
  clock: Clock
  random: Random
  log: Logger
  /** One CIDR per address family. Default `10.96.0.0/16`; its first address is the `kubernetes` Service's. */
  serviceCidrs?: readonly string[]
  /** Feature gates; some roles come with theirs. The defaults when absent. */
  gates?: Gates
  /** Authorities to publish in `extension-apiserver-authentication`. */
  clientCaPem?: string
  frontProxy?: { caPem: string; allowedNames: readonly string[] }
  /** Where pods and nodes reach this server. Absent: no `kubernetes` Service and no identity lease. */
  advertise?: { address: string; port: number; hostName: string }
  /** Further objects that every cluster of the caller's has. */
  further?: readonly Wanted[]
}

export interface Bootstrapped {
  /** How many of the cluster's own objects were missing or differed. */
  written: number
  /** Ends renewing leases; other servers' endpoints stay. */
  stop(): Promise<void>
}

/** Resolves when everything stands and the server's own caches (RBAC among them) have it. Call before serving. */
export async function bootstrap(options: BootstrapOptions): Promise<Bootstrapped> {
  const { server, store, clock, log, serviceCidrs = ['10.96.0.0/16'], advertise } = options
  const random = options.random.stream('bootstrap')
  const parts: KeeperParts = { store, scheme: server.scheme, objects: server.objects, clock, random, log }
  const own = systemObjects({ ...options, serviceCidrs, nowMs: clock.nowMs() })
  const services = builtInApiServices(server.scheme, clock.nowMs())
  const written = await ensureObjects(parts, [
    ...own,
    ...services,
    ...defaultRbac(options.gates),
    ...flowDefaults(clock.nowMs()),
    ...(options.further ?? []),
  ])
  await server.objects.get(coreV1.namespaces, 'default')
  const repair = new AddressRepair({ ...parts, addresses: new AddressObjects(parts) })
  const local = new LocalApiServices(parts)
  const flows = new FlowKeeper(parts)
  await Promise.all([repair.start(), local.start(), flows.start()])
  const stopOwn = async () => void (await Promise.all([repair.stop(), local.stop(), flows.stop()]))
  if (!advertise) return { written, stop: stopOwn }
  const serviceAddress = addressRange(serviceCidrs[0] ?? '').at(0)
  const service = new KubernetesService({ ...parts, ...advertise, serviceAddress })
  const lease = new IdentityLease({ ...parts, ...advertise, gates: options.gates })
  await Promise.all([service.start(), lease.start()])
  return {
    written,
    async stop() {
      await Promise.all([service.stop(), lease.stop(), stopOwn()])
    },
  }
}
