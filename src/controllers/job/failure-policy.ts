/**
 * What a failed pod means for its Job. https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
import type { Job, PodFailurePolicyRule } from '../../api/types/batch/v1.ts'
import type { ContainerStatus, Pod } from '../../api/types/core/v1.ts'

export type FailureVerdict =
  | { action: 'Count' }
  | { action: 'Ignore' }
  | { action: 'FailIndex' }
  | { action: 'FailJob'; message: string }

/** The first rule that matches decides; without one the failure counts. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  const matched = matchedRule(job, pod)
  const action = matched?.rule.action
  if (matched && action === 'FailJob') return { action, message: matched.message }
  return action === 'Ignore' || action === 'FailIndex' ? { action } : { action: 'Count' }
}

export function matchedRule(job: Job, pod: Pod): { rule: PodFailurePolicyRule; message: string } | undefined {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const message = rule.onExitCodes ? exitCodeMatch(rule, pod, index) : conditionMatch(rule, pod, index)
    if (message !== undefined) return { rule, message }
  }
  return undefined
}

function exitCodeMatch(rule: PodFailurePolicyRule, pod: Pod, index: number): string | undefined {
  const wanted = rule.onExitCodes
  if (!wanted) return undefined
  const statuses: ContainerStatus[] = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ]
  for (const { name, state } of statuses) {
    const exitCode = state?.terminated?.exitCode
    if (exitCode === undefined || exitCode === 0) continue
    if (wanted.containerName !== undefined && wanted.containerName !== name) continue
    const listed = (wanted.values ?? []).includes(exitCode)
    if (listed === (wanted.operator === 'In')) {
      return `Container ${name} for pod ${podName(pod)} failed with exit code ${exitCode} matching ${rule.action} rule at index ${index}`
    }
  }
  return undefined
}

function conditionMatch(rule: PodFailurePolicyRule, pod: Pod, index: number): string | undefined {
  for (const pattern of rule.onPodConditions ?? []) {
    const found = pod.status?.conditions?.some(
      ({ type, status }) => type === pattern.type && status === (pattern.status || 'True'),
    )
    if (found) return `Pod ${podName(pod)} has condition ${pattern.type} matching ${rule.action} rule at index ${index}`
  }
  return undefined
}

function podName({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`
}
