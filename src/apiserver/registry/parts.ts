/** What the generic registry works with, and the values that its operations take and give. */
import type { KubeObject } from '../../api/meta.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { inParts } from '../../platform/turn.ts'
import type { Store } from '../../store/store.ts'
import type { Admission, AdmissionAttributes } from '../admission.ts'
import type { Caches } from '../cache/caches.ts'
import type { Stored } from '../cache/stored.ts'
import type { UserInfo } from '../request.ts'
import type { Gates } from '../scheme/feature-gates.ts'
import type { Served } from '../scheme/served.ts'
import type { FieldValidation } from './options.ts'
import type { WriteContext } from './strategy.ts'

export interface RegistryParts {
  store: Store
  caches: Caches
  admission: Admission
  clock: Clock
  random: Random
  gates: Gates
}

/** Who asks, and where hints for them go. */
export interface Caller {
  user: UserInfo
  /** `fieldManager`, else the first part of the user agent; empty when neither is known. */
  manager: string
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void
  /** Adds an annotation to the request's audit event. Absent: it has none. */
  annotate?(key: string, value: string, level?: 'Metadata' | 'Request'): void
  /** Lets others have their turn, between two steps of a large write. Absent for small ones. */
  pause?(): Promise<void>
}

/** The object that a request names. */
export interface Target {
  served: Served
  namespace: string
  name: string
  /** Empty for the object itself. */
  subresource: string
}

export interface WriteOptions {
  dryRun: boolean
  fieldValidation: FieldValidation
  /** The request's options object, for webhooks. */
  raw: Readonly<Record<string, unknown>>
}

export interface Written {
  object: KubeObject
  created: boolean
  /** What the store holds now; undefined when nothing was written. */
  stored?: Stored
}

export function admissionAttributes(
  target: Target,
  caller: Caller,
  change: Pick<AdmissionAttributes, 'operation' | 'object' | 'oldObject' | 'dryRun' | 'options'>,
): AdmissionAttributes {
  return {
    ...change,
    resource: target.served.resource,
    subresource: target.subresource,
    namespace: target.namespace,
    name: target.name,
    user: caller.user,
    warn: (text) => caller.warn(text),
    ...(caller.annotate ? { annotate: caller.annotate } : {}),
  }
}

/** What `work` computes: at once, or of a large write part by part (see `inParts`). */
export function computed<T>({ pause }: { pause?: Caller['pause'] | undefined }, work: () => T): T | Promise<T> {
  return pause ? inParts(work) : work()
}

export function writeContext({ clock, gates }: RegistryParts, { user }: Caller): WriteContext {
  return { nowMs: clock.nowMs(), user, gates }
}
