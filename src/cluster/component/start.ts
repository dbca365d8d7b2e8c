/**
 * `k8ts controller-manager` and `k8ts scheduler`: one component on its own against any API server, which it finds by a
 * kubeconfig. Only the holder of the lease works, unless told otherwise.
 */

import { coreV1 } from '../../api/resources.ts'
import { issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import { signingKey, signToken } from '../../apiserver/authentication/jwt.ts'
import { type Family, gauge, type Sample } from '../../apiserver/metrics/families.ts'
import { featureFamily, processFamilies } from '../../apiserver/nonresource/metrics.ts'
import { ApiConfigError, openGates, readFeatureGates } from '../../apiserver/scheme/feature-gates.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import { transportTo } from '../../client/connect.ts'
import { type ClusterAccess, loadKubeconfig } from '../../client/kubeconfig.ts'
import type { Transport } from '../../client/transport.ts'
import { ifThere } from '../../client/writes.ts'
import type { ControllerOptions } from '../../controllers/index.ts'
import { knownController } from '../../controllers/names.ts'
import type { TlsIdentity } from '../../platform/net.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'
import { ControllerGroup, type ControllerGroupParts, type GroupElection } from '../control-plane/controller-group.ts'
import type { Machine } from '../machine.ts'
import { DelegatedAccess } from './access.ts'
import { AccountTransports } from './accounts.ts'
import { ClientMetrics } from './client-metrics.ts'
import { cloudFurther } from './cloud.ts'
import { ControllerMetrics } from './controller-metrics.ts'
import { runsBy, workersBy } from './controllers-flag.ts'
import { endpointOptionsOf } from './endpoint-flags.ts'
import type { Component } from './flag-tables.ts'
import { nodeOptionsOf } from './node-flags.ts'
import { openPort } from './port.ts'
import { QueueMetrics } from './queue-metrics.ts'

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
/** As upstream registers them. */
const configurationNames: Readonly<Record<Component, string>> = {
  'controller-manager': 'kubecontrollermanager.config.k8s.io',
  'cloud-controller-manager': 'cloudcontrollermanager.config.k8s.io',
  scheduler: 'componentconfig',
}
const closeGraceMs = 1_000
const certificateDays = 365
const dayMs = 86_400_000

/** Resolves when the port answers and the component stands for election. Throws `FlagError`. */
export async function startComponent(
  machine: Machine,
  component: Component,
  flags: Flags,
  hostName: string,
): Promise<RunningComponent> {
  const { log, clock, random } = machine
  const access = await accessOf(machine, flags.text('kubeconfig'))
  const requests = new ClientMetrics(clock)
  const counted = (one: Transport) => requests.counted(one, access.server)
  const transport = counted(transportTo(access))
  const client = createClient(transport, { userAgent: `kube-${component}` })
  const accounts = new AccountTransports({ net: machine.net, clock, access, client, transport, counted })
  const ownAccounts = flags.bool('use-service-account-credentials') ?? false
  const metrics = new QueueMetrics(clock)
  const meters = new ControllerMetrics()
  const gates = gatesOf(flags)
  const group = new ControllerGroup({
    ...{ clock, random, log, transportFor: (user) => (ownAccounts ? accounts.transportFor(user) : transport) },
    ...(await managerParts(machine, component, flags, access)),
    ...electionOf(component, flags, `${hostName}_${random.uuid()}`),
    tuning: {
      roles: rolesOf[component],
      runs: component === 'scheduler' ? () => true : runsBy(flags, gates),
      workersOf: workersBy(flags),
      observeQueue: (name) => metrics.observer(name),
      meters,
    },
  })
  const families = (): Family[] => [
    ...metrics.families(group.queueDepths()),
    ...(component === 'scheduler' ? [] : meters.families()),
    gauge('leader_election_master_status', 'Whether this instance leads.', [
      [{ name: leaseName(component, flags) }, group.leads ? 1 : 0],
    ]),
    runningControllers(component, group.queueDepths().keys()),
    featureFamily(gates),
    ...requests.families,
    ...processFamilies(clock),
  ]
  const listening = await listen(machine, { component, flags, client, families })
  log.info('the component runs', { component, server: access.server, port: listening?.port })
  await group.start()
  return {
    port: listening?.port,
    get leads() {
      return group.leads
    },
    async stop() {
      await group.stop()
      await listening?.close(closeGraceMs)
      await accounts.close()
      await transport.close()
    },
  }
}

/** By upstream's names. Those that wait to lead do not run. */
function runningControllers(component: Component, names: Iterable<string>): Family {
  const manager = component === 'cloud-controller-manager' ? component : `kube-${component}`
  const known = new Set([...names].map((name) => knownController(name)?.name ?? name))
  return gauge(
    'running_managed_controllers',
    'Which controllers run here.',
    [...known].map((name): Sample => [{ manager, name }, 1]),
  )
}

async function accessOf({ disk }: Machine, path: string | undefined): Promise<ClusterAccess> {
  if (path !== undefined) return loadKubeconfig(disk, path)
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount'
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
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
  const rootFile = flags.text('root-ca-file')
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
      ...nodeOptionsOf(flags),
      ...endpointOptionsOf(flags),
      ...(await signingOf(disk, flags)),
      ...(await secretTokensOf(disk, flags)),
      ...(terminatedPodsMax === undefined ? {} : { terminatedPodsMax }),
    },
  }
}

/** Throws `FlagError`. */
function gatesOf(flags: Flags): ReadonlyMap<string, boolean> {
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
  const path = flags.text('service-account-private-key-file')
  const key = path === undefined ? undefined : signingKey(await disk.readText(path))
  const legacyTokenPeriodMs = flags.durationMs('legacy-service-account-token-clean-up-period')
  if (legacyTokenPeriodMs === 0)
    throw new FlagError('--legacy-service-account-token-clean-up-period must be greater than 0')
  return {
    ...(key ? { secretTokens: { sign: (claims) => signToken(key, claims) } } : {}),
    ...(legacyTokenPeriodMs === undefined ? {} : { legacyTokenPeriodMs }),
  }
}

async function signingOf(disk: Machine['disk'], flags: Flags): Promise<Pick<ControllerOptions, 'signing'>> {
  const [certificate, key] = [flags.text('cluster-signing-cert-file'), flags.text('cluster-signing-key-file')]
  if (certificate === undefined && key === undefined) return {}
  if (certificate === undefined || key === undefined) {
    throw new FlagError('--cluster-signing-cert-file and --cluster-signing-key-file belong together')
  }
  const authority = { certificatePem: await disk.readText(certificate), keyPem: await disk.readText(key) }
  const durationMs = flags.durationMs('cluster-signing-duration')
  return { signing: { authority, ...(durationMs === undefined ? {} : { durationMs }) } }
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
  const standard = component === 'cloud-controller-manager' ? component : `kube-${component}`
  return flags.text('leader-elect-resource-name') ?? standard
}

function electionOf(component: Component, flags: Flags, identity: string): { leaderElection?: GroupElection } {
  if (flags.bool('leader-elect') === false) return {}
  const leaseDurationMs = flags.durationMs('leader-elect-lease-duration') ?? 15_000
  const renewDeadlineMs = flags.durationMs('leader-elect-renew-deadline') ?? 10_000
  const retryPeriodMs = flags.durationMs('leader-elect-retry-period') ?? 2_000
  if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs * 1.2) {
    throw new FlagError('leader election: need lease duration > renew deadline > 1.2 × retry period')
  }
  const namespace = flags.text('leader-elect-resource-namespace') ?? 'kube-system'
  const lease = { namespace, name: leaseName(component, flags) }
  return { leaderElection: { identity, lease, timing: { leaseDurationMs, renewDeadlineMs, retryPeriodMs } } }
}

interface PortSettings {
  component: Component
  flags: Flags
  /** By the component's own kubeconfig. */
  client: Client
  families(): Family[]
}

async function listen(machine: Machine, { component, flags, client, families }: PortSettings) {
  const port = flags.count('secure-port') ?? ports[component]
  if (port === 0 && flags.has('secure-port')) return undefined
  const { net, log, clock } = machine
  const userAgent = `kube-${component}`
  const clientBy = async (flag: string): Promise<Client> => {
    const path = flags.text(flag)
    return path === undefined
      ? client
      : createClient(transportTo(await loadKubeconfig(machine.disk, path)), { userAgent })
  }
  const openPaths = flags.has('authorization-always-allow-paths')
    ? flags.list('authorization-always-allow-paths')
    : ['/healthz', '/readyz', '/livez']
  const [authentication, authorization] = [
    await clientBy('authentication-kubeconfig'),
    await clientBy('authorization-kubeconfig'),
  ]
  const clientCaPem = await clientCaOf(machine, flags, authentication)
  return openPort({
    ...{ net, log, port, host: flags.text('bind-address') ?? '::', families },
    identity: await identityOf(machine, flags),
    ...(clientCaPem === undefined ? {} : { clientCaPem }),
    access: new DelegatedAccess({ authentication, authorization, clock, openPaths }),
    configuration: flags.all,
    configurationName: configurationNames[component],
    problem: () => undefined,
  })
}

/** The API server publishes whom its callers' certificates are signed by. */
async function clientCaOf({ disk, log }: Machine, flags: Flags, client: Client): Promise<string | undefined> {
  const path = flags.text('client-ca-file')
  if (path !== undefined) return disk.readText(path)
  const maps = client.of(coreV1.configMaps, 'kube-system')
  try {
    const published = await ifThere(maps.get('extension-apiserver-authentication'))
    return published?.data?.['client-ca-file']
  } catch (error) {
    log.warn('client certificates are not accepted on the own port', { error: String(error) })
    return undefined
  }
}

async function identityOf({ disk, clock, random }: Machine, flags: Flags): Promise<TlsIdentity> {
  const [certificate, key] = [flags.text('tls-cert-file'), flags.text('tls-private-key-file')]
  if (certificate !== undefined && key !== undefined) {
    return { certificatePem: await disk.readText(certificate), keyPem: await disk.readText(key) }
  }
  if (certificate !== key) throw new FlagError('--tls-cert-file and --tls-private-key-file belong together')
  const notBeforeMs = clock.nowMs() - dayMs
  const life = { notBeforeMs, notAfterMs: notBeforeMs + certificateDays * dayMs }
  const subject = (commonName: string) => ({ commonName, organizations: [] })
  const authority = issueAuthority({ ...life, subject: subject('localhost-ca'), serial: random.bytes(16) })
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] }
  const spec = { ...life, ...names, subject: subject('localhost'), serial: random.bytes(16) }
  return issueCertificate(authority, { ...spec, usages: ['serverAuth'] })
}
