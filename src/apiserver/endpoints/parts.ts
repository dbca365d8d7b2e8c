/** What endpoints work with. */
import type { Authorizer } from '../authorize.ts'
import type { Presenter } from '../negotiation/represent.ts'
import type { RegistryParts } from '../registry/parts.ts'
import type { Scheme } from '../scheme/scheme.ts'
import type { Serving } from '../serving.ts'

export interface EndpointParts {
  registry: RegistryParts
  scheme: Scheme
  presenter: Presenter
  authorizer: Authorizer
  serving: Serving
  /** Aborts when the server stops. */
  stopping: AbortSignal
}
