/**
 * API server, controllers and scheduler in one process over any store: the heart of `k8ts server` and of clusters inside
 * a test. It opens no socket by itself.
 */

import { joinHostPort } from '../../api/addresses.ts'
import type { Resource } from '../../api/meta.ts'
import type { ValidatingAdmissionPolicy } from '../../api/types/admissionregistration/v1.ts'
import { checkPolicyTypes } from '../../apiserver/admission/policy/type-check.ts'
import { type SigningKey, signingKey, signToken } from '../../apiserver/authentication/jwt.ts'
import { oidcDocuments } from '../../apiserver/authentication/oidc-documents.ts'
import { type BootstrapOptions, type Bootstrapped, bootstrap } from '../../apiserver/bootstrap/bootstrap.ts'
import { rulesOfDefaultRole } from '../../apiserver/bootstrap/default-rbac.ts'
import type { Family } from '../../apiserver/metrics/families.ts'
import { tables } from '../../apiserver/negotiation/tables.ts'
import type { NodeProxy } from '../../apiserver/node-proxy.ts'
import type { Extension } from '../../apiserver/nonresource/endpoints.ts'
import { conversions, strategies } from '../../apiserver/registry/strategies.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import { enabledApis } from '../../apiserver/scheme/enabled.ts'
import { defaultGates, type Gates, openGates } from '../../apiserver/scheme/feature-gates.ts'
import { type ApiServer, createApiServer, serverUser } from '../../apiserver/server.ts'
import { type StandardSecurityOptions, standardSecurity } from '../../apiserver/standard-security.ts'
import { usageGroup } from '../../apiserver/usage/endpoints.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import type { Transport } from '../../client/transport.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import type { Store } from '../../store/store.ts'
import type { ApiServerChoices } from '../apiserver/choices.ts'
import { GroupMetrics } from '../component/group-metrics.ts'
import type { ClusterPki } from '../pki/cluster-pki.ts'
import { ControllerGroup, type ControllerGroupParts, type ControllerTuning } from './controller-group.ts'
import { managerObjects } from './manager-objects.ts'

export interface ControlPlaneParts {
  store: Store
  pki: ClusterPki
  clock: Clock
  random: Random
  log: Logger
  serviceCidr: string
  /** Where pods and nodes reach this server. Absent: no `kubernetes` Service. */
  advertise?: BootstrapOptions['advertise']
  /** Absent: no logs, exec or proxies. */
  nodeProxy?: NodeProxy
  /** To call webhooks by. Absent: none are called. */
  net?: Net
  /** Controllers besides Kubernetes' own, such as those of a cloud provider. */
  furtherControllers?: NonNullable<ControllerGroupParts['furtherControllers']>
  /** What a command line says of the API server. Default: nothing. */
  choices?: Pick<ApiServerChoices, 'clientCaPem' | 'frontProxy' | 'parts' | 'security' | 'serviceAccountKeys'>
  /** Instead of those of `choices`: every version is served that no closed gate keeps back. Default: the defaults. */
  gates?: Gates
  /** For clusters inside a test. */
  tuning?: ControlPlaneTuning
}

export interface ControlPlaneTuning extends ControllerTuning {
  /** What stands between controllers and scheduler and the server: counts, delays, fails. */
  wrapTransport?(transport: Transport, user: UserInfo): Transport
  /** Time for what the server does by itself (watch ends, bookmarks, leases). Default: the plane's. */
  serverClock?: Clock
  /** Judges validity of client certificates, besides what TLS did by real time. Default: TLS alone. */
  certificateClock?: Clock
  admission?: StandardSecurityOptions['admission']
  /** Whether metrics.k8s.io is served from what nodes say. Default true; without a way to nodes it never is. */
  usageMetrics?: boolean
  /** Endpoints besides those of Kubernetes. */
  extension?: Extension
  /** The store holds the system's own objects already. Default false: they are looked at and completed. */
  bootstrapped?: boolean
}

export interface ControlPlane {
  api: ApiServer
  /** In process, as the server itself. */
  client: Client
  /** Names of controllers that have something queued or running, `scheduler` among them. */
  busy(): string[]
  /** Milliseconds until the earliest retry after a failure; undefined when none is due. */
  readonly nextRetryMs: number | undefined
  /** Runs controllers and scheduler from now on. */
  startControllers(): Promise<void>
  stop(): Promise<void>
}

const tokenIssuer = 'https://kubernetes.default.svc.cluster.local'
const frontProxyNames = ['front-proxy-client']

/** Resolves when the API answers and the system's own objects are there. */
export async function createControlPlane(parts: ControlPlaneParts): Promise<ControlPlane> {
  const { store, pki, random, log, choices, tuning = {} } = parts
  const clock = tuning.serverClock ?? parts.clock
  const [key] = choices?.serviceAccountKeys ?? [signingKey(pki.serviceAccountKey.privateKeyPem)]
  const { clientCaPem, frontProxy } = choices ?? {
    clientCaPem: pki.ca.certificatePem,
    frontProxy: { caPem: pki.frontProxyCa.certificatePem, allowedNames: frontProxyNames },
  }
  const serviceCidrs = [parts.serviceCidr]
  const gates = parts.gates ?? choices?.parts.gates ?? defaultGates
  const metrics = new GroupMetrics(parts.clock)
  const furtherMetrics = () => metrics.families(controllers, 'kube-controller-manager')
  const api = await createApi(parts, { clock, key, clientCaPem, frontProxy, furtherMetrics })
  const { advertise } = parts
  const started: Bootstrapped | undefined = tuning.bootstrapped
    ? undefined
    : await bootstrap({
        ...{ server: api, store, clock, random, log, serviceCidrs, clientCaPem, frontProxy, gates },
        further: managerObjects(gates),
        ...(advertise ? { advertise } : {}),
      })
  const { wrapTransport = (transport) => transport } = tuning
  const transportFor = (user: UserInfo) => wrapTransport(api.transportFor(user), user)
  const rootCaPem = pki.ca.certificatePem
  const checkTypes = (policy: ValidatingAdmissionPolicy) => checkPolicyTypes(api.scheme, policy)
  const secretTokens = { sign: (claims: Readonly<Record<string, string>>) => signToken(key, claims) }
  const featureGates = openGates(gates)
  const controllerOptions = { signing: { authority: pki.ca }, secretTokens, featureGates }
  const group = { random, log, rootCaPem, controllerOptions, checkPolicyTypes: checkTypes, transportFor }
  const further = parts.furtherControllers ? { furtherControllers: parts.furtherControllers } : {}
  const counted = { ...metrics.tuning, ...tuning }
  const controllers = new ControllerGroup({ clock: parts.clock, ...group, ...further, tuning: counted })
  return {
    api,
    client: createClient(transportFor(serverUser), { userAgent: 'kube-apiserver' }),
    busy: () => controllers.busy(),
    get nextRetryMs() {
      return controllers.nextRetryMs
    },
    startControllers: () => controllers.start(),
    async stop() {
      await controllers.stop()
      await started?.stop()
      await api.stop()
    },
  }
}

const stableOnes = (_resource: Resource, stable: boolean): boolean => stable

interface ApiSources {
  clock: Clock
  key: SigningKey
  clientCaPem: string
  frontProxy: NonNullable<StandardSecurityOptions['frontProxy']>
  furtherMetrics: () => readonly Family[]
}

async function createApi(parts: ControlPlaneParts, sources: ApiSources): Promise<ApiServer> {
  const { clock, key, furtherMetrics, ...authorities } = sources
  const { store, random, log, choices, advertise, tuning = {} } = parts
  const servesUsage = parts.nodeProxy !== undefined && (tuning.usageMetrics ?? true)
  const gates = parts.gates ?? choices?.parts.gates
  const enabled = parts.gates ? enabledApis(['api/all'], parts.gates) : (choices?.parts.enabled ?? stableOnes)
  return await createApiServer({
    ...{ store, clock, random, log, tables, conversions: conversions(), strategies: strategies() },
    services: { serviceCidrs: [parts.serviceCidr] },
    furtherMetrics,
    frontProxyIdentity: parts.pki.frontProxyClient,
    documents: oidcDocuments({ keys: [key], issuer: tokenIssuer }),
    ...(advertise ? { address: joinHostPort(advertise.address, advertise.port) } : {}),
    ...choices?.parts,
    ...(gates ? { gates } : {}),
    security: standardSecurity({
      ...{ clock, random, ...authorities },
      serviceAccounts: { keys: [key], issuer: tokenIssuer, audiences: [tokenIssuer] },
      nodeRules: rulesOfDefaultRole('system:node', gates),
      ...(parts.net ? { net: parts.net } : {}),
      ...choices?.security,
      ...(tuning.certificateClock ? { certificateClock: tuning.certificateClock } : {}),
      ...(tuning.admission ? { admission: tuning.admission } : {}),
    }),
    ...(parts.net ? { net: parts.net } : {}),
    enabled: (resource, stable) => (resource.group === usageGroup && servesUsage) || enabled(resource, stable),
    ...(parts.nodeProxy ? { nodeProxy: parts.nodeProxy } : {}),
    ...(tuning.extension ? { extension: tuning.extension } : {}),
  })
}
