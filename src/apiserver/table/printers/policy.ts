/** Rows of policy, scheduling.k8s.io, node.k8s.io, coordination.k8s.io and flowcontrol.apiserver.k8s.io. */
import type { Lease } from '../../../api/types/coordination/v1.ts'
import type { LeaseCandidate } from '../../../api/types/coordination/v1beta1.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../../api/types/flowcontrol/v1.ts'
import type { RuntimeClass } from '../../../api/types/node/v1.ts'
import type { PodDisruptionBudget } from '../../../api/types/policy/v1.ts'
import type { PriorityClass } from '../../../api/types/scheduling/v1.ts'
import type { PodGroup } from '../../../api/types/scheduling/v1alpha2.ts'
import { age, none } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'

export const policyPrinters: Printers = {
  poddisruptionbudgets: printer<PodDisruptionBudget>((budget, nowMs) => [
    budget.metadata.name,
    `${budget.spec?.minAvailable ?? 'N/A'}`,
    `${budget.spec?.maxUnavailable ?? 'N/A'}`,
    budget.status?.disruptionsAllowed ?? 0,
    age(budget, nowMs),
  ]),
}

export const schedulingPrinters: Printers = {
  podgroups: printer<PodGroup>((group, nowMs) => [
    group.metadata.name,
    group.spec?.schedulingPolicy?.gang ? 'Gang' : 'Basic',
    group.spec?.podGroupTemplateRef ? (group.spec.podGroupTemplateRef.workload?.workloadName ?? '') : none,
    groupState(group),
    age(group, nowMs),
  ]),
  priorityclasses: printer<PriorityClass>((priority, nowMs) => [
    priority.metadata.name,
    priority.value,
    priority.globalDefault ?? false,
    age(priority, nowMs),
    priority.preemptionPolicy ?? 'PreemptLowerPriority',
  ]),
}

export const nodePrinters: Printers = {
  runtimeclasses: printer<RuntimeClass>((runtime, nowMs) => [
    runtime.metadata.name,
    runtime.handler,
    age(runtime, nowMs),
  ]),
}

export const coordinationPrinters: Printers = {
  leasecandidates: printer<LeaseCandidate>((candidate, nowMs) => [
    candidate.metadata.name,
    candidate.spec?.leaseName ?? '',
    candidate.spec?.binaryVersion ?? '',
    candidate.spec?.emulationVersion ?? '',
    age(candidate, nowMs),
  ]),
  leases: printer<Lease>((lease, nowMs) => [lease.metadata.name, lease.spec?.holderIdentity ?? '', age(lease, nowMs)]),
}

export const flowcontrolPrinters: Printers = {
  flowschemas: printer<FlowSchema>((schema, nowMs) => [
    schema.metadata.name,
    schema.spec?.priorityLevelConfiguration.name ?? none,
    schema.spec?.matchingPrecedence ?? 0,
    schema.spec?.distinguisherMethod?.type ?? none,
    age(schema, nowMs),
    schema.status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  ]),
  prioritylevelconfigurations: printer<PriorityLevelConfiguration>((level, nowMs) => {
    const limited = level.spec?.limited
    const queuing = limited?.limitResponse?.queuing
    return [
      level.metadata.name,
      level.spec?.type ?? '',
      limited?.nominalConcurrencyShares ?? none,
      queuing?.queues ?? none,
      queuing?.handSize ?? none,
      queuing?.queueLengthLimit ?? none,
      age(level, nowMs),
    ]
  }),
}

function groupState({ status }: PodGroup): string {
  const condition = (wanted: string) => status?.conditions?.findLast(({ type }) => type === wanted)
  const disrupted = condition('DisruptionTarget')
  if (disrupted) return disrupted.reason
  const scheduled = condition('PodGroupScheduled')
  if (!scheduled) return 'Pending'
  return scheduled.status === 'True' ? 'Scheduled' : 'Unschedulable'
}
