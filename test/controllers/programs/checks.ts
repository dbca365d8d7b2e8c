/**
 * What the specifications demand of the state at the end, judged from the API alone and by rules of its own: nothing
 * here is shared with the controllers.
 */
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../../src/api/meta.ts'
import { appsV1, batchV1, coreV1, policyV1, resourceV1 } from '../../../src/api/resources.ts'
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../../src/api/types/apps/v1.ts'
import type { Job } from '../../../src/api/types/batch/v1.ts'
import type { ConfigMap, Node, Pod, ReplicationController } from '../../../src/api/types/core/v1.ts'
import type { PodDisruptionBudget } from '../../../src/api/types/policy/v1.ts'
import type { ResourceClaim } from '../../../src/api/types/resource/v1.ts'
import type { Client } from '../../../src/client/client.ts'

export interface World {
  deployments: Deployment[]
  replicaSets: ReplicaSet[]
  replicationControllers: ReplicationController[]
  statefulSets: StatefulSet[]
  daemonSets: DaemonSet[]
  jobs: Job[]
  pods: Pod[]
  nodes: Node[]
  configMaps: ConfigMap[]
  budgets: PodDisruptionBudget[]
  claims: ResourceClaim[]
}

export async function worldOf(client: Client): Promise<World> {
  const of = async <T extends KubeObject>(resource: Parameters<typeof client.of<T>>[0]) =>
    (await client.of(resource).list()).items
  return {
    deployments: await of(appsV1.deployments),
    replicaSets: await of(appsV1.replicaSets),
    replicationControllers: await of(coreV1.replicationControllers),
    statefulSets: await of(appsV1.statefulSets),
    daemonSets: await of(appsV1.daemonSets),
    jobs: await of(batchV1.jobs),
    pods: await of(coreV1.pods),
    nodes: await of(coreV1.nodes),
    configMaps: await of(coreV1.configMaps),
    budgets: await of(policyV1.podDisruptionBudgets),
    claims: await of(resourceV1.resourceClaims),
  }
}

/** What is wrong, in words; nothing when all is as it should be. */
export function wrongIn(world: World): string[] {
  return [
    ...world.deployments.flatMap((one) => wrongDeployment(one, world)),
    ...[...world.replicaSets, ...world.replicationControllers].flatMap((one) => wrongReplicas(one, world)),
    ...world.statefulSets.flatMap((one) => wrongStatefulSet(one, world)),
    ...world.daemonSets.flatMap((one) => wrongDaemonSet(one, world)),
    ...world.jobs.flatMap((one) => wrongJob(one, world)),
    ...world.pods.flatMap((pod) => wrongPod(pod, world)),
    ...world.budgets.flatMap((one) => wrongBudget(one, world)),
    ...world.claims.flatMap((one) => wrongClaim(one, world)),
    ...world.pods.flatMap((pod) => wrongDevices(pod, world)),
    ...lostOwners(world),
  ]
}

function wrongDeployment(deployment: Deployment, world: World): string[] {
  const { name = '', generation, uid } = deployment.metadata
  const wanted = deployment.spec?.replicas ?? 1
  const { status = {} } = deployment
  const sets = world.replicaSets.filter((set) => ownedBy(set, uid))
  const current = sets.filter((set) => imageOf(set.spec?.template) === imageOf(deployment.spec?.template))
  const others = sets.filter((set) => !current.includes(set))
  const fact = (condition: boolean, text: string) => (condition ? [] : [`Deployment ${name} ${text}`])
  return [
    ...fact(status.observedGeneration === generation, 'was not looked at'),
    ...fact(current.length === 1, `has ${current.length} current ReplicaSets`),
    ...fact(current[0]?.spec?.replicas === wanted, `scaled its set to ${current[0]?.spec?.replicas} of ${wanted}`),
    ...fact(
      others.every((set) => set.spec?.replicas === 0),
      'still has old replicas',
    ),
    ...fact((status.readyReplicas ?? 0) === wanted, `counts ${status.readyReplicas} ready of ${wanted}`),
    ...fact((status.updatedReplicas ?? 0) === wanted, `counts ${status.updatedReplicas} updated of ${wanted}`),
  ]
}

function wrongReplicas(set: ReplicaSet | ReplicationController, world: World): string[] {
  const { name = '', uid, generation } = set.metadata
  const wanted = set.spec?.replicas ?? 1
  const mine = world.pods.filter((pod) => ownedBy(pod, uid) && isAlive(pod))
  const strays = mine.filter((pod) => pod.metadata.labels?.app !== set.spec?.template?.metadata?.labels?.app)
  const what = `${set.spec && 'matchLabels' in (set.spec.selector ?? {}) ? 'ReplicaSet' : 'ReplicationController'} ${name}`
  return [
    ...(set.status?.observedGeneration === generation ? [] : [`${what} was not looked at`]),
    ...(mine.length === wanted ? [] : [`${what} has ${mine.length} pods of ${wanted}`]),
    ...((set.status?.replicas ?? 0) === mine.length
      ? []
      : [`${what} counts ${set.status?.replicas} of ${mine.length}`]),
    ...(strays.length === 0 ? [] : [`${what} keeps pods that its selector does not match`]),
  ]
}

function wrongStatefulSet(set: StatefulSet, world: World): string[] {
  const { name = '', uid, generation } = set.metadata
  const wanted = Array.from({ length: set.spec?.replicas ?? 1 }, (_, ordinal) => `${name}-${ordinal}`)
  const mine = world.pods.filter((pod) => ownedBy(pod, uid) && isAlive(pod))
  const names = mine.map(({ metadata }) => metadata.name ?? '').sort()
  const stale = mine.filter((pod) => imageOf(pod) !== imageOf(set.spec?.template))
  return [
    ...(set.status?.observedGeneration === generation ? [] : [`StatefulSet ${name} was not looked at`]),
    ...(isDeepStrictEqual(names, wanted.sort()) ? [] : [`StatefulSet ${name} has ${names.join()} of ${wanted.join()}`]),
    ...(stale.length === 0 ? [] : [`StatefulSet ${name} has ${stale.length} pods of an old revision`]),
    ...((set.status?.readyReplicas ?? 0) === wanted.length ? [] : [`StatefulSet ${name} is not ready`]),
  ]
}

function wrongDaemonSet(set: DaemonSet, world: World): string[] {
  const { name = '', uid, generation } = set.metadata
  const mine = world.pods.filter((pod) => ownedBy(pod, uid) && isAlive(pod))
  const wrongNodes = world.nodes.flatMap(({ metadata }) => {
    const there = mine.filter((pod) => pod.spec?.nodeName === metadata.name)
    return there.length === 1 ? [] : [`DaemonSet ${name} has ${there.length} pods on ${metadata.name}`]
  })
  const stale = mine.filter((pod) => imageOf(pod) !== imageOf(set.spec?.template))
  return [
    ...wrongNodes,
    ...(set.status?.observedGeneration === generation ? [] : [`DaemonSet ${name} was not looked at`]),
    ...(set.status?.numberReady === world.nodes.length
      ? []
      : [`DaemonSet ${name} counts ${set.status?.numberReady} ready`]),
    ...(stale.length === 0 ? [] : [`DaemonSet ${name} has ${stale.length} pods of an old template`]),
  ]
}

function wrongJob(job: Job, world: World): string[] {
  const { name = '', uid } = job.metadata
  const completions = job.spec?.completions ?? 1
  const is = (type: string) =>
    job.status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
  const mine = world.pods.filter((pod) => ownedBy(pod, uid))
  const held = mine.filter(({ metadata }) => metadata.finalizers?.includes('batch.kubernetes.io/job-tracking'))
  const { uncountedTerminatedPods: open = {} } = job.status ?? {}
  const uncounted = (open.succeeded?.length ?? 0) + (open.failed?.length ?? 0)
  return [
    ...(is('Complete') !== is('Failed') ? [] : [`Job ${name} is not over`]),
    ...(is('Complete') && (job.status?.succeeded ?? 0) < completions
      ? [`Job ${name} is complete with ${job.status?.succeeded} of ${completions}`]
      : []),
    ...(mine.some(isRunning) ? [`Job ${name} is over and still runs pods`] : []),
    ...(held.length === 0 ? [] : [`Job ${name} still holds ${held.length} pods`]),
    ...(uncounted === 0 ? [] : [`Job ${name} has ${uncounted} pods to count`]),
  ]
}

function wrongPod(pod: Pod, { nodes }: World): string[] {
  const { name, deletionTimestamp } = pod.metadata
  if (deletionTimestamp) return [`Pod ${name} is still being deleted`]
  if (!isAlive(pod)) return []
  if (!nodes.some(({ metadata }) => metadata.name === pod.spec?.nodeName)) return [`Pod ${name} is on no node`]
  return isReady(pod) ? [] : [`Pod ${name} is not ready`]
}

function wrongBudget({ metadata, spec, status }: PodDisruptionBudget, { pods }: World): string[] {
  const app = spec?.selector?.matchLabels?.app
  const healthy = pods.filter((pod) => pod.metadata.labels?.app === app && isAlive(pod) && isReady(pod)).length
  if (status?.currentHealthy === healthy) return []
  return [`PodDisruptionBudget ${metadata.name} counts ${status?.currentHealthy} of ${healthy} healthy pods`]
}

/** A claim has the one pod that it was made for, and a device of that pod's node which nobody else has. */
function wrongClaim({ metadata, status }: ResourceClaim, { pods, claims }: World): string[] {
  const user = pods.find((pod) => pod.metadata.uid === metadata.ownerReferences?.[0]?.uid)
  const users = (status?.reservedFor ?? []).map(({ uid }) => uid)
  const [device] = status?.allocation?.devices?.results ?? []
  const rivals = claims.filter(({ status: other }) =>
    other?.allocation?.devices?.results?.some((one) => one.pool === device?.pool && one.device === device?.device),
  )
  const fact = (condition: boolean, text: string) => (condition ? [] : [`ResourceClaim ${metadata.name} ${text}`])
  return [
    ...fact(user !== undefined && isAlive(user), 'outlived its pod'),
    ...fact(isDeepStrictEqual(users, [user?.metadata.uid]), `is reserved for ${users.length} pods`),
    ...fact(
      device?.pool === user?.spec?.nodeName,
      `has a device on ${device?.pool}, its pod is on ${user?.spec?.nodeName}`,
    ),
    ...fact(rivals.length === 1, `shares its device with ${rivals.length - 1} claims`),
  ]
}

/** A pod that asks for a device has one claim. */
function wrongDevices(pod: Pod, { claims }: World): string[] {
  const wanted = isAlive(pod) ? (pod.spec?.resourceClaims ?? []).length : 0
  const mine = claims.filter((claim) => ownedBy(claim, pod.metadata.uid))
  return mine.length === wanted ? [] : [`Pod ${pod.metadata.name} has ${mine.length} claims of ${wanted}`]
}

/** What has owners has a living one. */
function lostOwners(world: World): string[] {
  const everything: KubeObject[] = Object.values(world).flat()
  const uids = new Set(everything.map(({ metadata }) => metadata.uid))
  return everything.flatMap(({ metadata: { name, ownerReferences = [] } }) =>
    ownerReferences.length === 0 || ownerReferences.some(({ uid, kind }) => uids.has(uid) || kind === 'CronJob')
      ? []
      : [`${name} outlived its owner ${ownerReferences[0]?.kind} ${ownerReferences[0]?.name}`],
  )
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

function isAlive(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed' && !pod.metadata.deletionTimestamp
}

function isRunning(pod: Pod): boolean {
  return isAlive(pod) && pod.spec?.nodeName !== undefined
}

function ownedBy({ metadata }: KubeObject, uid: string | undefined): boolean {
  return metadata.ownerReferences?.some((reference) => reference.controller && reference.uid === uid) ?? false
}

function imageOf(object: { spec?: { containers: { image?: string }[] } } | undefined): string | undefined {
  return object?.spec?.containers[0]?.image
}
