/** What a ResourceQuota's status should say: the limits of its spec, and what the namespace's objects use of them. */
import { groupResource, type KubeObject, type Resource } from '../../api/meta.ts'
import { canonicalQuantity } from '../../api/quantity.ts'
import { type Amounts, sumAmounts } from '../../api/quota/amounts.ts'
import { quotaMatches } from '../../api/quota/scopes.ts'
import { usageOf } from '../../api/quota/usage.ts'
import type { ResourceQuota } from '../../api/types/core/v1.ts'

/** All objects of one resource in the quota's namespace. */
export interface Counted {
  resource: Resource
  objects: readonly KubeObject[]
}

/**
 * The wanted status, undefined when the present one says the same. Limits that nothing of `counted` uses have used 0; of
 * how many there are of a kind that is not served, nothing is said.
 */
export function planStatus(quota: ResourceQuota, counted: readonly Counted[], nowMs: number): ResourceQuota['status'] {
  const hard = canonical(quota.spec?.hard ?? {})
  const usages = counted.flatMap(({ resource, objects }) =>
    objects.filter((object) => quotaMatches(quota, resource, object)).map((object) => usageOf(resource, object, nowMs)),
  )
  const total = sumAmounts(usages)
  const served = new Set(counted.map(({ resource }) => `count/${groupResource(resource)}`))
  const known = Object.keys(hard).filter((name) => !name.startsWith('count/') || served.has(name))
  const used = Object.fromEntries(known.map((name) => [name, total[name] ?? '0']))
  const present = quota.status ?? {}
  return same(present.hard, hard) && same(present.used, used) ? undefined : { hard, used }
}

/** `count/deployments.apps` and the like: the resources that have to be listed, beyond those with amounts of their own. */
export function countedNames(quota: ResourceQuota): string[] {
  const names = Object.keys(quota.spec?.hard ?? {}).map((name) => resourceOf(name))
  return [...new Set(names)].sort()
}

function resourceOf(limit: string): string {
  if (limit.startsWith('count/')) return limit.slice('count/'.length)
  if (limit.startsWith('services')) return 'services'
  if (
    limit === 'requests.storage' ||
    limit === 'persistentvolumeclaims' ||
    limit.includes('.storageclass.storage.k8s.io/')
  ) {
    return 'persistentvolumeclaims'
  }
  if (['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets'].includes(limit)) return limit
  return 'pods'
}

function canonical(amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, canonicalQuantity(amount)]))
}

function same(left: Amounts | undefined, right: Amounts): boolean {
  const names = Object.keys(right)
  if (Object.keys(left ?? {}).length !== names.length) return false
  return names.every((name) => left?.[name] !== undefined && canonicalQuantity(left[name]) === right[name])
}
