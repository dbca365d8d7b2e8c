/**
 * `k8ts controller-manager` and `k8ts scheduler`: one component on its own against any API server, which it finds by a
 * kubeconfig. Only the holder of the lease works, unless told otherwise.
 */

import { signingKey, signToken } from '../../apiserver/authentication/jwt.ts'
import { type Family, gauge } from '../../apiserver/metrics/families.ts'
import type { Check, Checks } from '../../apiserver/nonresource/health.ts'
import { featureFamily, processFamilies } from '../../apiserver/nonresource/metrics.ts'
import { ApiConfigError, type Gates, openGates, readFeatureGates } from '../../apiserver/scheme/feature-gates.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import { transportTo } from '../../client/connect.ts'
import { type ClusterAccess, loadKubeconfig } from '../../client/kubeconfig.ts'
import type { Transport } from '../../client/transport.ts'
import type { ControllerOptions } from '../../controllers/index.ts'
import type { Listening } from '../../platform/net.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'
import {
  ControllerGroup,
  type ControllerGroupParts,
  type ControllerTuning,
  type GroupElection,
} from '../control-plane/controller-group.ts'
import type { Machine } from '../machine.ts'
import { AccountTransports } from './accounts.ts'
import { ClientMetrics } from './client-metrics.ts'
import { cloudFurther } from './cloud.ts'
import { configurationOf } from './configuration.ts'
import { runsBy, workersBy } from './controllers-flag.ts'
import { endpointOptionsOf } from './endpoint-flags.ts'
import type { Component } from './flag-tables.ts'
import { controllersOf, GroupMetrics } from './group-metrics.ts'
import { nodeMasksOf, nodeOptionsOf } from './node-flags.ts'
import { openPort, type PortParts } from './port.ts'
import { profileOptions, type SchedulingChoice, schedulingOf } from './scheduler-config.ts'
import { servingOf } from './serving.ts'
import { signingOf } from './signing.ts'
import { throttled, throttleOf } from './throttle.ts'

export interface RunningComponent {
  /** Undefined without a port. */
  port: number | undefined
  readonly leads: boolean
  stop(): Promise<void>
}

const ports: Readonly<Record<Component, number>> = {
  'controller-manager': 10257,
  'cloud-controller-manager': 10258,
  scheduler: 10259,
}
const rolesOf = {
  'controller-manager': 'controllers',
  'cloud-controller-manager': 'further',
  scheduler: 'scheduler',
} as const
const closeGraceMs = 1_000

/** Resolves when the port answers and the component stands for election. Throws `FlagError`. */
export async function startComponent(
  machine: Machine,
  component: Component,
  given: Flags,
  hostName: string,
): Promise<RunningComponent> {
  const { log, clock, random } = machine
  const { flags, choice } = await schedulingOf(machine, given)
  const access = await accessOf(machine, flags)
  const requests = new ClientMetrics(clock)
  const throttle = throttleOf(flags)
  const counted = (one: Transport): Transport => {
    const own = requests.counted(one, access.server)
    return throttle ? throttled(own, throttle, clock, (...what) => requests.waited(access.server, ...what)) : own
  }
  const transport = counted(transportTo(access))
  const name = nameOf(component)
  const client = createClient(transport, { userAgent: name })
  const accounts = new AccountTransports({ net: machine.net, clock, access, client, transport, counted })
  const ownAccounts = flags.bool('use-service-account-credentials') ?? false
  const metrics = new GroupMetrics(clock, rolesOf[component])
  const gates = gatesOf(flags)
  const group = new ControllerGroup({
    ...{ clock, random, log, transportFor: (user) => (ownAccounts ? accounts.transportFor(user) : transport) },
    ...(await managerParts(machine, component, flags, access)),
    ...electionOf(component, flags, `${hostName}_${random.uuid()}`),
    tuning: {
      roles: rolesOf[component],
      runs: component === 'scheduler' ? () => true : runsBy(flags, gates),
      workersOf: workersBy(flags),
      ...metrics.tuning,
      ...schedulingTuning(component, flags, choice),
    },
  })
  const families = (): Family[] => [
    ...metrics.families(group, name),
    gauge('leader_election_master_status', 'Whether this instance leads.', [
      [{ name: leaseName(component, flags) }, group.leads ? 1 : 0],
    ]),
    featureFamily(gates),
    ...requests.families,
    ...processFamilies(clock),
  ]
  const stopping = new AbortController()
  const checks = checksOf(component, group, stopping.signal)
  const configuration = configurationOf(component, flags, choice)
  const listening = await listen(machine, { component, flags, client, gates, families, checks, configuration })
  log.info('the component runs', { component, server: access.server, port: listening?.port })
  await group.start()
  return {
    port: listening?.port,
    get leads() {
      return group.leads
    },
    async stop() {
      stopping.abort()
      await endedWithin(machine, flags.durationMs('controller-shutdown-timeout') ?? shutdownMs, group.stop())
      await listening?.close(closeGraceMs)
      await accounts.close()
      await transport.close()
    },
  }
}

/** For components without a flag for it: a cloud or a server that does not answer holds up no end. */
const shutdownMs = 10_000

interface PortSettings extends Pick<PortParts, 'checks' | 'configuration' | 'families' | 'gates'> {
  component: Component
  flags: Flags
  /** By the component's own kubeconfig. */
  client: Client
}

/** Undefined without a port. */
async function listen(machine: Machine, settings: PortSettings): Promise<Listening | undefined> {
  const { component, flags, client, families, ...shown } = settings
  const name = nameOf(component)
  const serving = await servingOf({ machine, flags, component: name, port: ports[component], client })
  if (!serving) return undefined
  const disabled = new Set(flags.list('disabled-metrics'))
  return openPort({
    ...{ ...machine, ...serving, ...shown, component: name, flags: flags.effective },
    families: () => [...families(), ...serving.access.families].filter((family) => !disabled.has(family.name)),
  })
}

function schedulingTuning(component: Component, flags: Flags, choice: SchedulingChoice): ControllerTuning {
  if (component !== 'scheduler') return {}
  const { name, backOffFirstMs, backOffMaxMs } = choice
  const parkedMaxMs = flags.durationMs('pod-max-in-unschedulable-pods-duration')
  const queueTimes = { backOffFirstMs, backOffMaxMs, ...(parkedMaxMs === undefined ? {} : { parkedMaxMs }) }
  return { schedulerProfile: profileOptions(choice), scheduling: { name, queueTimes } }
}

/** Controllers are given this long; what they do then is cut off with their transport. */
async function endedWithin({ clock, log }: Machine, timeoutMs: number, ended: Promise<void>): Promise<void> {
  const over = new AbortController()
  const late = clock.sleep(timeoutMs, over.signal).then(
    () => log.warn('controllers did not end in time', { timeoutMs }),
    () => {},
  )
  await Promise.race([ended, late]).finally(() => over.abort())
}

/** Upstream's name of it. */
function nameOf(component: Component): string {
  return component === 'cloud-controller-manager' ? component : `kube-${component}`
}

/** By upstream's names. Who runs is well: one that fails tries again, and one that cannot ends the process. */
function checksOf(component: Component, group: ControllerGroup, stopping: AbortSignal): Checks {
  const well = (name: string): Check => ({ name, run: () => undefined })
  const shutdown: Check = { name: 'shutdown', run: () => (stopping.aborted ? 'process is shutting down' : undefined) }
  const synced: Check = { name: 'sched-handler-sync', run: () => (group.fills ? 'caches are filled' : undefined) }
  const ready = component === 'scheduler' ? [shutdown, synced] : [shutdown]
  return () => ({
    '/healthz': [well('leaderElection'), ...[...controllersOf(group)].map(well)],
    '/livez': [well('ping')],
    '/readyz': [well('leaderElection'), ...ready],
  })
}

async function accessOf(machine: Machine, flags: Flags): Promise<ClusterAccess> {
  const [path, server] = [flags.text('kubeconfig'), flags.text('master')]
  const access = path === undefined ? await podAccess(machine, server) : await loadKubeconfig(machine.disk, path)
  return server === undefined ? access : { ...access, server }
}

async function podAccess({ disk }: Machine, master: string | undefined): Promise<ClusterAccess> {
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount'
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
  if (master !== undefined) return { server: master, namespace: 'kube-system', tls: {} }
  if (!host || !port) throw new FlagError('--kubeconfig is needed outside a pod')
  const token = (await disk.readText(`${folder}/token`)).trim()
  const caPem = await disk.readText(`${folder}/ca.crt`)
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
  return { server, namespace: 'kube-system', tls: { caPem }, token }
}

async function managerParts(
  machine: Machine,
  component: Component,
  flags: Flags,
  access: ClusterAccess,
): Promise<Pick<ControllerGroupParts, 'rootCaPem' | 'clusterCidrs' | 'controllerOptions' | 'furtherControllers'>> {
  const { disk } = machine
  if (component === 'scheduler') {
    return { rootCaPem: '', controllerOptions: { featureGates: openGates(gatesOf(flags)) } }
  }
  if (component === 'cloud-controller-manager')
    return { rootCaPem: '', furtherControllers: await cloudFurther(machine, flags) }
  const rootFile = flags.text('root-ca-file') || undefined
  const rootCaPem = rootFile === undefined ? (access.tls.caPem ?? '') : await disk.readText(rootFile)
  const clusterCidrs = flags.list('cluster-cidr')
  const allocates = flags.bool('allocate-node-cidrs') ?? false
  if (allocates && clusterCidrs.length === 0) throw new FlagError('--allocate-node-cidrs needs --cluster-cidr')
  const terminatedPodsMax = flags.count('terminated-pod-gc-threshold')
  return {
    rootCaPem,
    clusterCidrs: allocates ? clusterCidrs : [],
    controllerOptions: {
      autoscaler: autoscalerOf(flags),
      featureGates: openGates(gatesOf(flags)),
      seLinuxWarnings: true,
      serviceCidrs: flags.list('service-cluster-ip-range'),
      nodeMasks: nodeMasksOf(flags),
      ...nodeOptionsOf(flags),
      ...endpointOptionsOf(flags),
      ...(await signingOf(machine, flags)),
      ...(await secretTokensOf(disk, flags)),
      ...(terminatedPodsMax === undefined ? {} : { terminatedPodsMax }),
    },
  }
}

/** Throws `FlagError`. */
function gatesOf(flags: Flags): Gates {
  try {
    return readFeatureGates(flags.list('feature-gates'))
  } catch (error) {
    throw error instanceof ApiConfigError ? new FlagError(error.message) : error
  }
}

async function secretTokensOf(
  disk: Machine['disk'],
  flags: Flags,
): Promise<Pick<ControllerOptions, 'secretTokens' | 'legacyTokenPeriodMs'>> {
  const path = flags.text('service-account-private-key-file') || undefined
  const key = path === undefined ? undefined : signingKey(await disk.readText(path))
  const legacyTokenPeriodMs = flags.durationMs('legacy-service-account-token-clean-up-period')
  if (legacyTokenPeriodMs === 0)
    throw new FlagError('--legacy-service-account-token-clean-up-period must be greater than 0')
  return {
    ...(key ? { secretTokens: { sign: (claims) => signToken(key, claims) } } : {}),
    ...(legacyTokenPeriodMs === undefined ? {} : { legacyTokenPeriodMs }),
  }
}

function autoscalerOf(flags: Flags): NonNullable<ControllerOptions['autoscaler']> {
  const prefix = 'horizontal-pod-autoscaler'
  const times = {
    syncPeriodMs: flags.durationMs(`${prefix}-sync-period`),
    downscaleStabilizationMs: flags.durationMs(`${prefix}-downscale-stabilization`),
    cpuInitializationMs: flags.durationMs(`${prefix}-cpu-initialization-period`),
    initialReadinessDelayMs: flags.durationMs(`${prefix}-initial-readiness-delay`),
  }
  if (times.syncPeriodMs === 0) throw new FlagError(`--${prefix}-sync-period must be greater than 0`)
  const given = Object.entries(times).filter((entry): entry is [string, number] => entry[1] !== undefined)
  const text = flags.text(`${prefix}-tolerance`)
  const tolerance = text === undefined ? undefined : Number(text)
  if (tolerance !== undefined && !(tolerance >= 0)) throw new FlagError(`--${prefix}-tolerance must be a number from 0`)
  return { ...Object.fromEntries(given), ...(tolerance === undefined ? {} : { tolerance }) }
}

function leaseName(component: Component, flags: Flags): string {
  return flags.text('leader-elect-resource-name') ?? nameOf(component)
}

function electionOf(component: Component, flags: Flags, identity: string): { leaderElection?: GroupElection } {
  if (flags.bool('leader-elect') === false) return {}
  const [leaseDurationMs = 0, renewDeadlineMs = 0, retryPeriodMs = 0] = [
    flags.durationMs('leader-elect-lease-duration'),
    flags.durationMs('leader-elect-renew-deadline'),
    flags.durationMs('leader-elect-retry-period'),
  ]
  if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs * 1.2) {
    throw new FlagError('leader election: need lease duration > renew deadline > 1.2 × retry period')
  }
  const namespace = flags.text('leader-elect-resource-namespace') ?? ''
  const lease = { namespace, name: leaseName(component, flags) }
  return { leaderElection: { identity, lease, timing: { leaseDurationMs, renewDeadlineMs, retryPeriodMs } } }
}
