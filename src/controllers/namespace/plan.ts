/** What a namespace that is going away should say about itself (KEP-1164, KEP-5080 for the order of deletion). */
import type { NamespaceCondition } from '../../api/types/core/v1.ts'

export interface Remaining {
  /** Objects left, by `deployments.apps`. */
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
  const wanted: Omit<NamespaceCondition, 'lastTransitionTime'>[] = [
    failures.discovery.length > 0
      ? {
          type: 'NamespaceDeletionDiscoveryFailure',
          status: 'True',
          reason: 'DiscoveryFailed',
          message: discoveryText(failures.discovery),
        }
      : {
          type: 'NamespaceDeletionDiscoveryFailure',
          status: 'False',
          reason: 'ResourcesDiscovered',
          message: 'All resources successfully discovered',
        },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    failures.content.length > 0
      ? {
          type: 'NamespaceDeletionContentFailure',
          status: 'True',
          reason: 'ContentDeletionFailed',
          message: contentText(failures.content),
        }
      : {
          type: 'NamespaceDeletionContentFailure',
          status: 'False',
          reason: 'ContentDeleted',
          message: 'All content successfully deleted, may be waiting on finalization',
        },
    remaining.counts.size > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: remainingText(remaining.counts),
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        },
    remaining.finalizers.size > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: finalizersText(remaining.finalizers),
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        },
  ]
  const own = new Set(wanted.map(({ type }) => type))
  const conditions = wanted.map((condition) => {
    const known = present.find(({ type }) => type === condition.type)
    const unturned = known?.status === condition.status && known.lastTransitionTime
    return { ...condition, lastTransitionTime: unturned ? unturned : nowText }
  })
  return [...present.filter(({ type }) => !own.has(type)), ...conditions]
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
  return `Discovery failed for some groups, ${failures.length} failing: ${failures.join(', ')}`
}

function contentText(failures: readonly string[]): string {
  return `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`
}
