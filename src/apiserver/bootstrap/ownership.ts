/**
 * `metadata.managedFields` of what the server writes to the store itself, as if each had come through a request, so that
 * whoever applies such an object later meets the owners that upstream would show.
 */
import { apiVersionOf, groupResource, type KubeObject } from '../../api/meta.ts'
import type { TypeNode } from '../../api/schema/type-node.ts'
import type { ManagedFieldsEntry } from '../../api/types/meta/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import { applied, serverManager, trackUpdate } from '../registry/field-ownership.ts'
import type { Target } from '../registry/parts.ts'
import type { Scheme } from '../scheme/scheme.ts'
import type { Wanted } from './ensure.ts'

type Entries = readonly ManagedFieldsEntry[] | undefined

/** For objects written at one time. Of the hundreds of a first start most have one of a few shapes, each looked at once. */
export class Ownership {
  readonly #parts: { scheme: Scheme; clock: Clock }
  readonly #ofShapes = new Map<string, Entries>()

  constructor(parts: { scheme: Scheme; clock: Clock }) {
    this.#parts = parts
  }

  /** With its managed fields. */
  created(wanted: Wanted, object: KubeObject): KubeObject {
    const { resource, manager, statusManager } = wanted
    const { type } = this.#parts.scheme.of(resource)
    const shape = [groupResource(resource), manager, statusManager, shapeOf(type, object)].join(' ')
    if (!this.#ofShapes.has(shape)) this.#ofShapes.set(shape, this.#ofCreated(wanted, object))
    return withEntries(object, this.#ofShapes.get(shape))
  }

  updated(wanted: Wanted, live: KubeObject, object: KubeObject): KubeObject {
    return withEntries(object, this.#tracked(wanted, live, object).metadata.managedFields)
  }

  #ofCreated(wanted: Wanted, object: KubeObject): Entries {
    const tracked = this.#tracked(wanted, undefined, object)
    const { statusManager } = wanted
    const whole = statusManager === undefined ? tracked : this.#statusApplied(wanted, tracked, statusManager)
    return whole.metadata.managedFields
  }

  #tracked(wanted: Wanted, live: KubeObject | undefined, object: KubeObject): KubeObject {
    const { manager = serverManager } = wanted
    return trackUpdate(this.#parts, this.#target(wanted), live, asSent(wanted, object), manager)
  }

  #statusApplied(wanted: Wanted, object: KubeObject, manager: string): KubeObject {
    const { status, ...live } = object as KubeObject & { status?: unknown }
    const { resource } = wanted
    const target = { ...this.#target(wanted), subresource: 'status' }
    const named = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name: target.name } }
    // Who applies says nothing of texts that are empty.
    const said = JSON.parse(JSON.stringify(status, (_field, value: unknown) => (value === '' ? undefined : value)))
    return applied(this.#parts, target, live, { patch: { ...named, status: said }, manager, force: true })
  }

  #target({ resource, object }: Wanted): Target {
    const { namespace = '', name = '' } = object.metadata
    return { served: this.#parts.scheme.of(resource), namespace, name, subresource: '' }
  }
}

function withEntries(object: KubeObject, managedFields: Entries): KubeObject {
  return managedFields ? { ...object, metadata: { ...object.metadata, managedFields: [...managedFields] } } : object
}

function asSent({ filledIn = [] }: Wanted, object: KubeObject): KubeObject {
  if (filledIn.length === 0) return object
  const { spec } = object as { spec?: object }
  const left = Object.entries(spec ?? {}).filter(([field]) => !filledIn.includes(field))
  return { ...object, spec: Object.fromEntries(left) } as KubeObject
}

/** The same for objects that have the same fields, whatever stands in them. */
function shapeOf(type: TypeNode | undefined, value: unknown): string {
  if (typeof value !== 'object' || value === null) return value ? '1' : '0'
  if (!type || type.kind === 'scalar' || (type.kind === 'list' && type.listType === 'set')) return JSON.stringify(value)
  if (type.kind === 'list') {
    const items = value as Record<string, unknown>[]
    if (type.listType === 'atomic') return items.length > 0 ? '[1]' : '[]'
    const named = items.map((item) => [...type.mapKeys.map((key) => item[key]), shapeOf(type.element, item)])
    return JSON.stringify(named)
  }
  const fields = Object.entries(value).map(([name, below]) => {
    return `${name}:${shapeOf(type.kind === 'map' ? type.value : type.fields.get(name)?.type, below)}`
  })
  return `{${fields.join()}}`
}
