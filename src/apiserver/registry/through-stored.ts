/**
 * The strategy of a version that is stored as another one: defaults, preparation and rules are those of the stored
 * version, applied to the converted object, and the outcome is converted back.
 */
import type { KubeObject, Resource } from '../../api/meta.ts'
import type { Conversion } from '../scheme/served.ts'
import type { Strategy } from './strategy.ts'

export function throughStored<Served extends KubeObject, Stored extends KubeObject>(
  resource: Resource<Served>,
  stored: Strategy<Stored>,
  conversion: Conversion,
): Strategy<Served> {
  const convert = (object: Served) => conversion.toStored(structuredClone(object)) as Stored
  const inPlace = (object: Served, change: (converted: Stored) => void) => {
    const converted = convert(object)
    change(converted)
    replace(object, conversion.fromStored(converted))
  }
  const { status, ttlSeconds, validateName, metadataOnUpdate, warnings, selectableFields } = stored
  const ofConverted = (fields: NonNullable<typeof selectableFields>) =>
    Object.fromEntries(
      Object.entries(fields).map(([field, value]) => [field, (object: Served) => value(convert(object))]),
    )
  return {
    resource,
    default: (object) => inPlace(object, (converted) => stored.default?.(converted)),
    prepareForCreate: (object, write) => inPlace(object, (converted) => stored.prepareForCreate?.(converted, write)),
    prepareForUpdate: (object, old, write) =>
      inPlace(object, (converted) => stored.prepareForUpdate?.(converted, convert(old), write)),
    validateCreate: (object, context) => stored.validateCreate?.(convert(object), context) ?? [],
    validateUpdate: (object, old, context) => stored.validateUpdate?.(convert(object), convert(old), context) ?? [],
    status: {
      ...(status?.metadataOnUpdate ? { metadataOnUpdate: status.metadataOnUpdate } : {}),
      prepareForUpdate: (object, old, write) =>
        inPlace(object, (converted) => status?.prepareForUpdate?.(converted, convert(old), write)),
      validateUpdate: (object, old, context) => status?.validateUpdate?.(convert(object), convert(old), context) ?? [],
    },
    allowCreateOnUpdate: stored.allowCreateOnUpdate ?? false,
    allowUnconditionalUpdate: stored.allowUnconditionalUpdate ?? true,
    ...(validateName ? { validateName } : {}),
    ...(metadataOnUpdate ? { metadataOnUpdate } : {}),
    ...(warnings ? { warnings: (object, old) => warnings(convert(object), old && convert(old)) } : {}),
    ...(selectableFields ? { selectableFields: ofConverted(selectableFields) } : {}),
    ...(ttlSeconds ? { ttlSeconds: (object: Served) => ttlSeconds(convert(object)) } : {}),
  }
}

function replace(object: object, by: object): void {
  for (const key of Object.keys(object)) if (!(key in by)) delete (object as Record<string, unknown>)[key]
  Object.assign(object, by)
}
