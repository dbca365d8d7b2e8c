/** Parameters of operations. */
import type { Scalar, StructNode } from '../../api/schema/type-node.ts'

export interface Parameter {
  name: string
  in: 'query' | 'path'
  type: 'string' | 'integer' | 'boolean'
  description: string
}

const query = (name: string, type: Parameter['type'], description: string): Parameter => ({
  name,
  in: 'query',
  type,
  description,
})

const path = (name: string, description: string): Parameter => ({ name, in: 'path', type: 'string', description })

export const pretty = query('pretty', 'string', 'Whether the output is indented; "true" or "false".')
export const nameParameter = (kind: string): Parameter => path('name', `The name of the ${kind}.`)
export const namespaceParameter = path('namespace', 'The namespace to look in.')
export const pathParameter = path('path', 'The path to ask of what is connected to.')

const dryRun = query('dryRun', 'string', '"All" goes through every step but stores nothing.')
const fieldManager = query('fieldManager', 'string', 'Who makes the change, for field ownership; up to 128 characters.')
const fieldValidation = query(
  'fieldValidation',
  'string',
  'What unknown and duplicate fields lead to: "Ignore", "Warn" (default) or "Strict".',
)
const force = query('force', 'boolean', 'For apply only: take fields over from other managers instead of failing.')

export const writeParameters: readonly Parameter[] = [dryRun, fieldManager, fieldValidation]
export const patchParameters: readonly Parameter[] = [dryRun, fieldManager, fieldValidation, force]

export const resourceVersion = query('resourceVersion', 'string', 'How old the answer may be, or where a watch starts.')

export const listParameters: readonly Parameter[] = [
  query('allowWatchBookmarks', 'boolean', 'Whether a watch may send BOOKMARK events.'),
  query('continue', 'string', 'The token of the list before, to get its next page.'),
  query('fieldSelector', 'string', 'Restricts the objects by their fields.'),
  query('labelSelector', 'string', 'Restricts the objects by their labels.'),
  query('limit', 'integer', 'How many objects a page has at most.'),
  resourceVersion,
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant: "Exact" or "NotOlderThan".'),
  query('sendInitialEvents', 'boolean', 'Whether a watch starts with an event for every object there is.'),
  query('shardSelector', 'string', 'Restricts the objects to ranges of a hash; needs the gate ShardedListAndWatch.'),
  query('timeoutSeconds', 'integer', 'After how many seconds the call ends.'),
  query('watch', 'boolean', 'Follow changes instead of listing.'),
]

export const deleteParameters: readonly Parameter[] = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'Seconds until the object is deleted; 0 deletes at once.'),
  query(
    'ignoreStoreReadErrorWithClusterBreakingPotential',
    'boolean',
    'Delete an object even when the store cannot read it.',
  ),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', 'What happens to dependents: "Orphan", "Background" or "Foreground".'),
]

/** What is deleted together is chosen as lists are, but cannot be watched. */
export const collectionDeleteParameters: readonly Parameter[] = [
  ...deleteParameters,
  ...listParameters.filter(({ name }) => name !== 'allowWatchBookmarks' && name !== 'watch'),
]

/** Upstream names no others (`sinceTime`), though they are taken. */
const parameterTypes: Partial<Record<Scalar, Parameter['type']>> = {
  string: 'string',
  bool: 'boolean',
  int32: 'integer',
  int64: 'integer',
}

/** The fields of an options kind (PodLogOptions, PodExecOptions) are what its endpoint takes in the query. */
export function optionParameters(type: StructNode | undefined): Parameter[] {
  const parameters: Parameter[] = []
  for (const { name, type: fieldType, description } of type?.fields.values() ?? []) {
    const value = fieldType.kind === 'list' ? fieldType.element : fieldType
    const kind = value.kind === 'scalar' ? parameterTypes[value.scalar] : undefined
    if (kind && name !== 'kind' && name !== 'apiVersion') parameters.push(query(name, kind, description))
  }
  return parameters
}
