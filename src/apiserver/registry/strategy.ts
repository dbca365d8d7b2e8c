/**
 * What is particular to one resource, as plain functions the generic registry calls in a fixed order:
 *
 *   create: default ▶ [mutating admission ▶ default] ▶ prepareForCreate ▶ validateCreate ▶ [validating admission] ▶ allocate ▶ commit
 *   update: default ▶ [mutating admission ▶ default] ▶ prepareForUpdate ▶ validateUpdate ▶ [validating admission] ▶ allocate ▶ commit ▶ release
 *
 * Generic work is not repeated here: names and generateName, uid, creationTimestamp, resourceVersion, metadata validation,
 * finalizers, managed fields, unknown fields, static defaults of the schema.
 */
import type { FieldError } from '../../api/errors.ts'
import type { KubeObject, Resource } from '../../api/meta.ts'
import type { ObjectMeta } from '../../api/types/meta/v1.ts'
import type { Write } from '../../store/store.ts'
import type { UserInfo } from '../request.ts'
import type { Gates } from '../scheme/feature-gates.ts'

/** A claim on shared pools (cluster IPs, node ports) that goes with one write. */
export interface Allocation {
  /** Go with the object's own write, all or none: records of what was claimed, by which other servers see it. */
  writes?: readonly Write[]
  /** The write was not made (refused, failed, dry run): gives back what was claimed. */
  release(): Promise<void>
  /** The write is durable: gives back what only the old object held. */
  settle(): Promise<void>
}

/** Of the write under way. */
export interface WriteContext {
  nowMs: number
  user: UserInfo
  /** Default: as they are without `--feature-gates`. */
  gates?: Gates
}

/** What validation may go by besides the objects. */
export interface ValidationContext {
  /** What is wrong already, with metadata. Default: nothing. */
  found?: readonly FieldError[]
  /** Default: as they are without `--feature-gates`. */
  gates?: Gates
}

export type MetadataLook = 'changes' | 'whole'

export interface Strategy<T extends KubeObject = KubeObject> {
  resource: Resource<T>
  /** The kind that a 422 names where it is not the resource's own (events.k8s.io speaks of the core Event). */
  errorKind?: { group: string; kind: string }
  /** Defaults that the schema's static ones can't express. Changes the (private) object in place; must be idempotent. */
  default?(object: T): void
  /** Clears what a user may not set (status), sets `metadata.generation` where the kind has one. In place. */
  prepareForCreate?(object: T, write: WriteContext): void
  /** Keeps what a user may not change (status, immutable sets), bumps generation when the spec differs. In place. */
  prepareForUpdate?(object: T, old: T, write: WriteContext): void
  validateCreate?(object: T, context?: ValidationContext): FieldError[]
  validateUpdate?(object: T, old: T, context?: ValidationContext): FieldError[]
  /** Rules that may take long, checked last on create, update and status writes: others have their turn when it yields. */
  rules?(
    object: T,
    old: T | undefined,
    check: { found: readonly FieldError[]; warn: (text: string) => void },
  ): Generator<void, FieldError[]>
  /** `Warning` headers for a valid object, such as deprecated fields. */
  warnings?(object: T, old: T | undefined): string[]
  /** For who deletes without saying what shall become of dependents. */
  unsaidPropagationWarning?: string
  /** The `status` subresource, where the kind has one. Everything but status is kept from `old` unless it says otherwise. */
  status?: {
    /** As of the strategy itself. Default: at what changed. */
    metadataOnUpdate?: readonly MetadataLook[]
    prepareForUpdate?(object: T, old: T, write: WriteContext): void
    validateUpdate?(object: T, old: T, context?: ValidationContext): FieldError[]
  }
  /** Other subresources written like an update of the same object: `ephemeralcontainers`, `resize`, `approval`, `finalize`. */
  subresources?: Record<
    string,
    {
      prepareForUpdate(object: T, old: T, write: WriteContext): void
      validateUpdate(object: T, old: T, context?: ValidationContext): FieldError[]
    }
  >
  /**
   * Claims what the valid object needs from shared pools and writes it into the object, in place. On update `old` is the
   * stored object. A dry run claims nothing. Throws `ApiError` when a pool refuses.
   */
  allocate?(object: T, old: T | undefined, options: { dryRun: boolean }): Promise<Allocation | undefined>
  /** The object was deleted from the store: gives back what it held. */
  released?(object: T): Promise<void>
  /** What goes from the store together with the object. */
  removals?(object: T): readonly Write[]
  /** Field selector values beyond metadata.name and metadata.namespace; the listed names are the only ones accepted. */
  selectableFields?: Record<string, (object: T) => string>
  /** The metadata that a reader of metadata alone is given, where it is less than the whole object's. Pure. */
  partialMetadata?(metadata: ObjectMeta): ObjectMeta
  /** Whether the object can be created by PUT to a name that does not exist (leases, events, endpoints …). Default false. */
  allowCreateOnUpdate?: boolean
  /** Whether an update without resourceVersion is allowed. Default true. */
  allowUnconditionalUpdate?: boolean
  /** Rules for `metadata.name`. Default: DNS subdomain. Returns messages, empty when valid. */
  validateName?(name: string, prefix: boolean): string[]
  /** Before the first delete of an object is decided upon: adds what must be done first (finalizers). In place. */
  prepareForDelete?(object: T, nowMs: number): void
  /**
   * How upstream looks at metadata when an object is updated, in this order, after its look at what all kinds share: at
   * what changed (the default), at what must hold of every object. Causes repeat with each look.
   */
  metadataOnUpdate?: readonly MetadataLook[]
  /** Finalizers may lack a domain, which upstream demands of its own groups only. */
  anyFinalizers?: boolean
  /** Seconds of grace a delete gets, absent when deletion is immediate (pods: their own terminationGracePeriodSeconds). */
  gracefulDeletionSeconds?(object: T, requestedSeconds: number | undefined): number
  /** The propagation policy when the client names none. Default background. */
  defaultPropagation?: 'Orphan' | 'Background'
  /** Seconds after which an object disappears by itself (events: 3600). */
  ttlSeconds?(object: T): number | undefined
}
