/** What is still wanting, judged by what is stored: nothing, once faults have stopped and controllers had their time. */
import type { KubeObject } from '../../api/meta.ts'
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import type { DaemonSet, Deployment, StatefulSet } from '../../api/types/apps/v1.ts'
import type { CronJob, Job } from '../../api/types/batch/v1.ts'
import type { Node, Pod, Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts'
import { isReady } from './invariants.ts'
import { namespace, poolLabel, poolOf } from './manifests.ts'
import { decoded, type Truth } from './truth.ts'

/** In words, one each. The user's own objects with finalizers may wait. */
export function wanting(truth: Truth, nodeNames: readonly string[]): string[] {
  const pods = truth.objects<Pod>('/registry/pods/')
  return [
    ...deployments(truth),
    ...statefulSets(truth),
    ...jobs(truth),
    ...daemonSets(truth),
    ...cronJobs(truth),
    ...podsWanting(pods, truth),
    ...nodes(truth, nodeNames),
    ...budgets(truth, pods),
    ...endpoints(truth, pods),
    ...orphans(truth),
    ...homeless(truth),
  ]
}

function deployments(truth: Truth): string[] {
  return truth.objects<Deployment>('/registry/deployments/').flatMap(({ metadata, spec, status = {} }) => {
    const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, observedGeneration = 0 } = status
    const wanted = spec?.replicas ?? 1
    if (observedGeneration < (metadata.generation ?? 0)) return [`deployment ${metadata.name} was not looked at`]
    if (replicas === wanted && updatedReplicas === wanted && readyReplicas === wanted) return []
    return [`deployment ${metadata.name} has ${readyReplicas} ready and ${updatedReplicas} updated of ${wanted}`]
  })
}

function statefulSets(truth: Truth): string[] {
  return truth.objects<StatefulSet>(`/registry/statefulsets/${namespace}/`).flatMap(({ metadata, spec, status }) => {
    const { replicas = 0, readyReplicas = 0, currentRevision, updateRevision, observedGeneration = 0 } = status ?? {}
    const wanted = spec?.replicas ?? 1
    if (observedGeneration < (metadata.generation ?? 0)) return [`stateful set ${metadata.name} was not looked at`]
    if (replicas !== wanted || readyReplicas !== wanted) {
      return [`stateful set ${metadata.name} has ${readyReplicas} ready of ${wanted}`]
    }
    return wanted > 0 && currentRevision !== updateRevision ? [`stateful set ${metadata.name} is not updated`] : []
  })
}

function jobs(truth: Truth): string[] {
  return truth.objects<Job>(`/registry/jobs/${namespace}/`).flatMap(({ metadata, status }) => {
    const over = (status?.conditions ?? []).some(
      ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
    )
    return over ? [] : [`job ${metadata.name} is not over`]
  })
}

function daemonSets(truth: Truth): string[] {
  const wanted = truth
    .objects<Node>('/registry/minions/')
    .filter(({ metadata }) => metadata.labels?.[poolLabel] === poolOf(0)).length
  return truth.objects<DaemonSet>(`/registry/daemonsets/${namespace}/`).flatMap(({ metadata, status }) => {
    const { numberReady = 0, updatedNumberScheduled = 0, numberMisscheduled = 0, observedGeneration = 0 } = status ?? {}
    if (observedGeneration < (metadata.generation ?? 0)) return [`daemon set ${metadata.name} was not looked at`]
    if (numberReady === wanted && updatedNumberScheduled === wanted && numberMisscheduled === 0) return []
    return [`daemon set ${metadata.name} has ${numberReady} ready and ${updatedNumberScheduled} updated of ${wanted}`]
  })
}

/** All are suspended: what they began has ended, and of that no more is kept than was asked for. */
function cronJobs(truth: Truth): string[] {
  const all = truth.objects<Job>(`/registry/jobs/${namespace}/`)
  return truth
    .objects<CronJob>(`/registry/cronjobs/${namespace}/`)
    .flatMap(({ metadata: { name, uid }, spec, status }) => {
      const own = all.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
      const kept = (spec.successfulJobsHistoryLimit ?? 3) + (spec.failedJobsHistoryLimit ?? 1)
      if ((status?.active ?? []).length > 0) return [`cron job ${name} holds ${status?.active?.[0]?.name} to be active`]
      return own.length > kept ? [`cron job ${name} keeps ${own.length} jobs of ${kept}`] : []
    })
}

/** What lies in a namespace that is not there. */
function homeless(truth: Truth): string[] {
  const found: string[] = []
  for (const [key, value] of truth.entries()) {
    if (key.startsWith('/registry/events/')) continue
    const { kind, metadata } = decoded<KubeObject>(value)
    if (!metadata.namespace || truth.object(`/registry/namespaces/${metadata.namespace}`)) continue
    found.push(`${kind} ${metadata.name} lies in namespace ${metadata.namespace}, which is gone`)
  }
  return found
}

function podsWanting(pods: readonly Pod[], truth: Truth): string[] {
  return pods.flatMap((pod) => {
    const { name } = pod.metadata
    if (pod.metadata.deletionTimestamp) return [`pod ${name} is still being deleted`]
    const { phase } = pod.status ?? {}
    if (phase === 'Succeeded' || phase === 'Failed') return []
    if (!truth.object(`/registry/minions/${pod.spec?.nodeName}`)) return [`pod ${name} has no node`]
    return isReady(pod) ? [] : [`pod ${name} is not ready`]
  })
}

function nodes(truth: Truth, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const node = truth.object<Node>(`/registry/minions/${name}`)
    if (!node) return [`node ${name} is not registered`]
    const taints = (node.spec?.taints ?? []).map(({ key }) => key)
    const ready = (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
    if (!ready) return [`node ${name} is not ready`]
    return taints.length > 0 ? [`node ${name} is tainted: ${taints.join(', ')}`] : []
  })
}

function budgets(truth: Truth, pods: readonly Pod[]): string[] {
  return truth.objects<PodDisruptionBudget>(`/registry/poddisruptionbudgets/${namespace}/`).flatMap((budget) => {
    const { currentHealthy = 0, disruptedPods = {} } = budget.status ?? {}
    const healthy = pods.filter(
      (pod) => isReady(pod) && matchesLabelSelector(budget.spec?.selector, pod.metadata.labels),
    )
    const { name } = budget.metadata
    if (Object.keys(disruptedPods).length > 0) return [`budget ${name} waits for pods that went`]
    return currentHealthy === healthy.length
      ? []
      : [`budget ${name} counts ${currentHealthy} of ${healthy.length} pods`]
  })
}

function endpoints(truth: Truth, pods: readonly Pod[]): string[] {
  const slices = truth.objects<EndpointSlice>('/registry/endpointslices/')
  return truth
    .objects<Service>('/registry/services/specs/')
    .flatMap(({ metadata: { name = '', namespace: space }, spec }) => {
      if (!spec?.selector) return []
      const { app } = spec.selector
      const ready = pods.filter(
        (pod) => pod.metadata.namespace === space && pod.metadata.labels?.app === app && isReady(pod),
      )
      const wanted = ready.map(({ status }) => status?.podIP ?? '').sort()
      const known = slices
        .filter(({ metadata }) => metadata.namespace === space)
        .filter(({ metadata: { labels } }) => labels?.['kubernetes.io/service-name'] === name)
        .flatMap((slice) => slice.endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses }) => addresses ?? [])
        .sort()
      return known.join() === wanted.join()
        ? []
        : [`service ${name} leads to ${known.join()} instead of ${wanted.join()}`]
    })
}

/** Objects whose controller is gone, or that still wait for an end nobody holds up. */
function orphans(truth: Truth): string[] {
  const uids = new Set<string>()
  const objects: KubeObject[] = []
  for (const [key, value] of truth.entries()) {
    if (key.startsWith('/registry/events/')) continue
    const object = decoded<KubeObject>(value)
    uids.add(object.metadata.uid ?? '')
    objects.push(object)
  }
  return objects.flatMap(({ kind, metadata: { name, ownerReferences = [], deletionTimestamp, finalizers = [] } }) => {
    const held = finalizers.some((finalizer) => finalizer.startsWith('simulation.'))
    if (deletionTimestamp && !held && kind !== 'Pod') return [`${kind} ${name} is still being deleted`]
    const owned = ownerReferences.length === 0 || ownerReferences.some(({ uid }) => uids.has(uid))
    return owned ? [] : [`${kind} ${name} has lost its owner ${ownerReferences[0]?.kind} ${ownerReferences[0]?.name}`]
  })
}
