/** batch v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const batchV1Schema: GroupVersionSchema = {
  key: 'batch/v1',
  group: 'batch',
  version: 'v1',
  protoPackage: 'k8s.io.api.batch.v1',
  served: true,
  resources: `
    cronjobs cronjob CronJob namespaced: all; short cj; categories all
      /status CronJob: get patch update
    jobs job Job namespaced: all; categories all
      /status Job: get patch update`,
  columns: `
    cronjobs: Name/name, Schedule, Timezone, Suspend:boolean, Active:integer, Last Schedule, Age, Containers*, Images*, Selector*
    jobs: Name/name, Status, Completions, Duration, Age, Containers*, Images*, Selector*`,
  types: {
    CronJob: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CronJobSpec required | What is wanted.
      status 3 CronJobStatus | What was last observed; written by the system.`,
    CronJobSpec: `
      schedule 1 string!
      timeZone 8 *string
      startingDeadlineSeconds 2 *int64
      concurrencyPolicy 3 string
      suspend 4 *bool
      jobTemplate 5 JobTemplateSpec!
      successfulJobsHistoryLimit 6 *int32
      failedJobsHistoryLimit 7 *int32`,
    CronJobStatus: `
      active 1 []core/v1.ObjectReference atomic
      lastScheduleTime 4 *time
      lastSuccessfulTime 5 *time`,
    Job: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 JobSpec | What is wanted.
      status 3 JobStatus | What was last observed; written by the system.`,
    JobCondition: `
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastProbeTime 3 time | When the condition was last checked.
      lastTransitionTime 4 time | When the status last changed.
      reason 5 string | A word in CamelCase, for programs, for the last change.
      message 6 string | A sentence for people about the last change.`,
    JobSpec: `
      parallelism 1 *int32
      completions 2 *int32
      activeDeadlineSeconds 3 *int64
      podFailurePolicy 11 *PodFailurePolicy
      successPolicy 16 *SuccessPolicy
      backoffLimit 7 *int32
      backoffLimitPerIndex 12 *int32
      maxFailedIndexes 13 *int32
      selector 4 *LabelSelector
      manualSelector 5 *bool
      template 6 core/v1.PodTemplateSpec!
      ttlSecondsAfterFinished 8 *int32
      completionMode 9 *string
      suspend 10 *bool
      podReplacementPolicy 14 *string
      managedBy 15 *string`,
    JobStatus: `
      conditions 1 []JobCondition atomic patch=merge(type)
      startTime 2 *time
      completionTime 3 *time
      active 4 int32
      succeeded 5 int32
      failed 6 int32
      terminating 11 *int32
      completedIndexes 7 string
      failedIndexes 10 *string
      uncountedTerminatedPods 8 *UncountedTerminatedPods
      ready 9 *int32`,
    JobTemplateSpec: `
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 JobSpec | What is wanted.`,
    PodFailurePolicy: `
      rules 1 []PodFailurePolicyRule! atomic`,
    PodFailurePolicyOnExitCodesRequirement: `
      containerName 1 *string
      operator 2 string!
      values 3 []int32! set`,
    PodFailurePolicyOnPodConditionsPattern: `
      type 1 string!
      status 2 string always | What was last observed; written by the system.`,
    PodFailurePolicyRule: `
      action 1 string!
      onExitCodes 2 *PodFailurePolicyOnExitCodesRequirement
      onPodConditions 3 []PodFailurePolicyOnPodConditionsPattern atomic`,
    SuccessPolicy: `
      rules 1 []SuccessPolicyRule! atomic`,
    SuccessPolicyRule: `
      succeededIndexes 1 *string
      succeededCount 2 *int32`,
    UncountedTerminatedPods: `
      succeeded 1 []string set
      failed 2 []string set`,
  },
}
