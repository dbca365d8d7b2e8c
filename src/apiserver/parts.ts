/** What an API server is made of, and who decides what its callers may do. */
import type { Pattern } from '../api/pattern.ts'
import type { Transport } from '../client/transport.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Net, TlsIdentity } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import type { Store } from '../store/store.ts'
import type { Admission } from './admission.ts'
import type { ServiceAllocatorOptions } from './allocators/services.ts'
import type { Auditor } from './audit/audit.ts'
import type { Authenticator, Impersonator } from './authenticate.ts'
import type { Authorizer } from './authorize.ts'
import type { VirtualResources } from './endpoints/virtual.ts'
import type { Family } from './metrics/families.ts'
import type { TableMaker } from './negotiation/represent.ts'
import type { NodeProxy } from './node-proxy.ts'
import type { Extension, NonResource } from './nonresource/endpoints.ts'
import type { Objects } from './objects.ts'
import type { Strategy } from './registry/strategy.ts'
import type { UserInfo } from './request.ts'
import type { Gates } from './scheme/feature-gates.ts'
import type { BuiltInOptions, Scheme } from './scheme/scheme.ts'
import type { Serving } from './serving.ts'

/** Who may do what, and what their writes must pass. */
export interface Security {
  authenticator: Authenticator
  authorizer: Authorizer
  /** Default: nobody acts for another. */
  impersonator?: Impersonator
  /** Default: admits everything. */
  admission?: Admission
  /** Resources that answer a question instead of being stored (token reviews, access reviews), and token requests. */
  virtual?: VirtualResources
  /** What it tells monitors besides what admission does. */
  families?: readonly Family[]
  /** Follows no file any more. */
  stop?(): void
}

/** What the server offers to its own parts. */
export interface OwnAccess {
  objects: Objects
  scheme: Scheme
  gates: Gates
  /** For writes of the server itself. Not to be used before the server was created. */
  transportFor(user: UserInfo): Transport
}

export interface ApiServerParts {
  store: Store
  clock: Clock
  random: Random
  log: Logger
  /** Made once the server can read its own objects. */
  security: Security | ((own: OwnAccess) => Security | Promise<Security>)
  strategies: ReadonlyMap<string, Strategy>
  /** Where cluster IPs and node ports come from. Default 10.96.0.0/16 and 30000 to 32767. */
  services?: Pick<ServiceAllocatorOptions, 'serviceCidrs' | 'nodePorts'>
  conversions?: BuiltInOptions['conversions']
  /** Which group versions and resources are served. Default: the stable ones. */
  enabled?: BuiltInOptions['enabled']
  /** Feature gates; the defaults when absent. */
  gates?: Gates
  /** What `/flagz` shows: flags by name, as they were given. */
  flags?: ReadonlyMap<string, string>
  /** Of what runs beside the server in its process, for `/metrics`. Default: nothing does. */
  furtherMetrics?: () => readonly Family[]
  /** Where clients outside reach the server, as `host:port`; `/api` says it. Default: it says nothing. */
  address?: string
  /** Default: `standardServing`. */
  serving?: Partial<Serving>
  /** For calls to webhooks. Absent: they all fail. */
  net?: Net
  tables?: TableMaker
  nodeProxy?: NodeProxy
  /** Records who did what. Default: nothing is recorded. Ended with the server. */
  audit?: Auditor
  /** What proves to servers behind this one that the names in its requests are true. Default: nothing does. */
  frontProxyIdentity?: TlsIdentity
  /** The `Strict-Transport-Security` header of answers. Default: none. */
  strictTransport?: string
  /** Origins whose pages browsers let ask this server. Default: none. */
  allowedOrigins?: readonly Pattern[]
  /** Documents besides OpenAPI: `/openid/...`, `/.well-known/...`. */
  documents?: NonResource
  /** Further endpoints of who runs the server. */
  extension?: Extension
}
