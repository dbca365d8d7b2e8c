/** What the expressions of mutations evaluate to. */
import { type CelType, listType, objectType } from '../../cel/index.ts'

export const patchResult: Readonly<Record<'ApplyConfiguration' | 'JSONPatch', CelType>> = {
  ApplyConfiguration: objectType('Object', {}),
  JSONPatch: listType(objectType('JSONPatch', {})),
}
