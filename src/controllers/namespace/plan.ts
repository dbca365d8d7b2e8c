/** What a namespace that is going away should say about itself (KEP-1164, KEP-5080 for the order of deletion). */
import type { NamespaceCondition } from '../../api/types/core/v1.ts'

export interface Remaining {
  /** Objects left, by `deployments.apps`; `pods.` in the core group. */
  counts: ReadonlyMap<string, number>
  /** How many of them wait for each finalizer. */
  finalizers: ReadonlyMap<string, number>
}

export interface DeletionFailures {
  discovery: readonly string[]
  content: readonly string[]
}

export function planConditions(
  present: readonly NamespaceCondition[],
  remaining: Remaining,
  { failures, nowText }: { failures: DeletionFailures; nowText: string },
): NamespaceCondition[] {
  const wanted = wantedConditions(remaining, failures)
  const own = new Set(wanted.map(({ type }) => type))
  const conditions = wanted.map((condition) => {
    const known = present.find(({ type }) => type === condition.type)
    const unturned = known?.status === condition.status && known.lastTransitionTime
    return { ...condition, lastTransitionTime: unturned ? unturned : nowText }
  })
  return [...present.filter(({ type }) => !own.has(type)), ...conditions]
}

type Wanted = Omit<NamespaceCondition, 'lastTransitionTime'>

function wantedConditions(remaining: Remaining, failures: DeletionFailures): Wanted[] {
  const { discovery, content } = failures
  const { counts, finalizers } = remaining
  return [
    condition('NamespaceDeletionDiscoveryFailure', {
      bad: discovery.length > 0 && ['DiscoveryFailed', discoveryText(discovery)],
      good: ['ResourcesDiscovered', 'All resources successfully discovered'],
    }),
    condition('NamespaceDeletionGroupVersionParsingFailure', {
      bad: false,
      good: ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    }),
    condition('NamespaceDeletionContentFailure', {
      bad: content.length > 0 && ['ContentDeletionFailed', contentText(content)],
      good: ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    }),
    condition('NamespaceContentRemaining', {
      bad: counts.size > 0 && ['SomeResourcesRemain', remainingText(counts)],
      good: ['ContentRemoved', 'All content successfully removed'],
    }),
    condition('NamespaceFinalizersRemaining', {
      bad: finalizers.size > 0 && ['SomeFinalizersRemain', finalizersText(finalizers)],
      good: ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
    }),
  ]
}

/** Reason and message, of what is wrong or of all being well. */
type Said = readonly [reason: string, message: string]

function condition(type: string, { bad, good }: { bad: Said | false; good: Said }): Wanted {
  const [reason, message] = bad || good
  return { type, status: bad ? 'True' : 'False', reason, message }
}

function remainingText(counts: ReadonlyMap<string, number>): string {
  const parts = [...counts].map(([resource, count]) => `${resource} has ${count} resource instances`).sort()
  return `Some resources are remaining: ${parts.join(', ')}`
}

function finalizersText(finalizers: ReadonlyMap<string, number>): string {
  const parts = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort()
  return `Some content in the namespace has finalizers remaining: ${parts.join(', ')}`
}

function discoveryText(failures: readonly string[]): string {
  const all = `unable to retrieve the complete list of server APIs: ${failures.join(', ')}`
  return `Discovery failed for some groups, ${failures.length} failing: ${all}`
}

function contentText(failures: readonly string[]): string {
  return `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`
}
