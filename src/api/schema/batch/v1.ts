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
    CronJob: `[kind] Makes Jobs by a timetable.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CronJobSpec required | What is wanted.
      status 3 CronJobStatus | What was last observed; written by the system.`,
    CronJobSpec: `When to make a Job, and what Job.
      schedule 1 string! | Minute, hour, day, month and weekday, as cron has them.
      timeZone 8 *string | Name of the time zone; that of the controller when absent.
      startingDeadlineSeconds 2 *int64 | A Job that is later than this is left out.
      concurrencyPolicy 3 string enum(Allow,Forbid,Replace) | Allow (the default), Forbid, or Replace a Job that still runs.
      suspend 4 *bool | Make no Jobs for now.
      jobTemplate 5 JobTemplateSpec! | The Job.
      successfulJobsHistoryLimit 6 *int32 | Jobs that succeeded to keep; 3 when absent.
      failedJobsHistoryLimit 7 *int32 | Jobs that failed to keep; 1 when absent.`,
    CronJobStatus: `What is known of a cron job.
      active 1 []core/v1.ObjectReference atomic | Jobs that run now.
      lastScheduleTime 4 *time | When it last made a Job.
      lastSuccessfulTime 5 *time | When a Job last succeeded.`,
    Job: `[kind] Runs pods until a number of them has succeeded.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 JobSpec | What is wanted.
      status 3 JobStatus | What was last observed; written by the system.`,
    JobCondition: `One aspect of a job's state, such as Complete or Failed.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastProbeTime 3 time | When the condition was last checked.
      lastTransitionTime 4 time | When the status last changed.
      reason 5 string | A word in CamelCase, for programs, for the last change.
      message 6 string | A sentence for people about the last change.`,
    JobSpec: `How many pods, of what form, and when it is done.
      parallelism 1 *int32 | Pods that may run at a time; 1 when absent.
      completions 2 *int32 | Pods that must succeed; absent with parallelism set: any one, once all have ended.
      activeDeadlineSeconds 3 *int64 | The job fails when it has been active for longer.
      podFailurePolicy 11 *PodFailurePolicy | What failures of certain kinds mean.
      successPolicy 16 *SuccessPolicy | When the job has succeeded before all indexes have.
      backoffLimit 7 *int32 | Failures until the job fails; 6 when absent.
      backoffLimitPerIndex 12 *int32 | Failures until an index fails.
      maxFailedIndexes 13 *int32 | Failed indexes until the job fails.
      selector 4 *LabelSelector | Labels of its pods; chosen when absent.
      manualSelector 5 *bool | The selector was chosen by the user.
      template 6 core/v1.PodTemplateSpec! | The pods.
      ttlSecondsAfterFinished 8 *int32 | It is deleted this long after it has ended.
      completionMode 9 *string enum(Indexed,NonIndexed) | NonIndexed (the default), or Indexed: every pod has a number.
      suspend 10 *bool | Run no pods for now.
      podReplacementPolicy 14 *string enum(Failed,TerminatingOrFailed) | TerminatingOrFailed, or Failed to wait until a pod has ended before making the next.
      managedBy 15 *string | The controller that looks after it; cannot change.`,
    JobStatus: `What is known of a job's pods.
      conditions 1 []JobCondition atomic patch=merge(type) | Aspects of the state.
      startTime 2 *time | When the controller took it on; reset when it is resumed.
      completionTime 3 *time | When it completed.
      active 4 int32 | Pods that are pending or running and not ending.
      succeeded 5 int32 | Pods that succeeded.
      failed 6 int32 | Pods that failed.
      terminating 11 *int32 | Pods that are ending.
      completedIndexes 7 string | Indexes that succeeded, as 1,3-5.
      failedIndexes 10 *string | Indexes that failed, as 1,3-5.
      uncountedTerminatedPods 8 *UncountedTerminatedPods | Pods that have ended and are not counted yet.
      ready 9 *int32 | Active pods that are ready.`,
    JobTemplateSpec: `What Jobs look like that a cron job makes.
      metadata 1 ObjectMeta | Labels and annotations of the jobs.
      spec 2 JobSpec | Spec of the jobs.`,
    PodFailurePolicy: `What failures of certain kinds mean.
      rules 1 []PodFailurePolicyRule! atomic | The first that fits decides.`,
    PodFailurePolicyOnExitCodesRequirement: `A set of exit codes.
      containerName 1 *string | Only this container; any when absent.
      operator 2 string! enum(In,NotIn) | In or NotIn.
      values 3 []int32! set | The exit codes.`,
    PodFailurePolicyOnPodConditionsPattern: `A condition that a failed pod has.
      type 1 string! | Type of the condition.
      status 2 string always | Its status; True when absent.`,
    PodFailurePolicyRule: `A kind of failure, and what it means.
      action 1 string! enum(Count,FailIndex,FailJob,Ignore) | FailJob, FailIndex, Ignore or Count.
      onExitCodes 2 *PodFailurePolicyOnExitCodesRequirement | By exit code.
      onPodConditions 3 []PodFailurePolicyOnPodConditionsPattern atomic | By condition.`,
    SuccessPolicy: `When an indexed job has succeeded.
      rules 1 []SuccessPolicyRule! atomic | One is enough.`,
    SuccessPolicyRule: `Indexes that must have succeeded.
      succeededIndexes 1 *string | These indexes, as 1,3-5.
      succeededCount 2 *int32 | This many, of succeededIndexes if it is set.`,
    UncountedTerminatedPods: `Pods that have ended and are not counted yet.
      succeeded 1 []string set | Uids of those that succeeded.
      failed 2 []string set | Uids of those that failed.`,
  },
}
