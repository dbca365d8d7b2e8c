/** What a write must pass after its caller is known to be allowed. Implementations: `admission/`. */
import type { KubeObject, Resource } from '../api/meta.ts'
import type { Reinvocation } from './admission/reinvocation.ts'
import type { Family } from './metrics/families.ts'
import type { UserInfo } from './request.ts'

export interface AdmissionAttributes {
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  resource: Resource
  subresource: string
  namespace: string
  /** Empty for a create with generateName. */
  name: string
  /** The new state; undefined for DELETE. Private to the request: mutating admission changes it in place. */
  object: KubeObject | undefined
  oldObject: KubeObject | undefined
  user: UserInfo
  dryRun: boolean
  /** The options object of the request (CreateOptions, DeleteOptions …), for webhooks. */
  options: Readonly<Record<string, unknown>>
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void
  /** Adds an annotation to the audit event, of level Metadata unless it says so. Absent where nobody keeps them. */
  annotate?(key: string, value: string, level?: 'Metadata' | 'Request'): void
  /** What mutating steps remember between two rounds of them. The chain of steps brings it. */
  reinvocation?: Reinvocation
}

/** At once where nobody has to be asked. */
export interface Admission {
  /** What it tells monitors. */
  readonly families?: readonly Family[]
  /** Changes `attributes.object` in place; throws `ApiError` to refuse. */
  mutate(attributes: AdmissionAttributes): void | Promise<void>
  /** Throws `ApiError` to refuse. Sees the object as it would be stored. */
  validate(attributes: AdmissionAttributes): void | Promise<void>
}

/** Admits everything unchanged; for tests of other parts. */
export const admitAll: Admission = {
  mutate() {},
  validate() {},
}
