/** What the simulated user creates. Small programs: pods that tolerate a lost node for seconds only. */
import type { DaemonSet, Deployment, StatefulSet } from '../../api/types/apps/v1.ts'
import type { CronJob, Job } from '../../api/types/batch/v1.ts'
import type { PodTemplateSpec, Service } from '../../api/types/core/v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts'

export const namespace = 'default'

/** Seconds that a pod stays on a node that is not ready. */
const tolerationSeconds = 5

function template(app: string, version: number, restartPolicy: 'Always' | 'Never'): PodTemplateSpec {
  const tolerate = (key: string) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds })
  return {
    metadata: { labels: { app }, annotations: { version: String(version) } },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: 10,
      tolerations: [tolerate('node.kubernetes.io/not-ready'), tolerate('node.kubernetes.io/unreachable')],
      containers: [{ name: 'main', image: `app:${version}`, resources: { requests: { cpu: '500m' } } }],
    },
  }
}

export function deployment(app: string, replicas: number): Deployment {
  const spec = { replicas, selector: { matchLabels: { app } }, template: template(app, 1, 'Always') }
  return { metadata: { name: app, namespace }, spec }
}

export function statefulSet(app: string, replicas: number, parallel: boolean): StatefulSet {
  const spec = {
    replicas,
    serviceName: app,
    podManagementPolicy: parallel ? 'Parallel' : 'OrderedReady',
    selector: { matchLabels: { app } },
    template: template(app, 1, 'Always'),
  }
  return { metadata: { name: app, namespace }, spec }
}

export function job(app: string, completions: number, parallelism: number): Job {
  const spec = { completions, parallelism, backoffLimit: 4, template: template(app, 1, 'Never') }
  return { metadata: { name: app, namespace }, spec }
}

/** Nodes that DaemonSets want: every tenth. */
export const poolLabel = 'simulation.k8ts.dev/pool'

export function poolOf(nodeIndex: number): string {
  return nodeIndex % 10 === 0 ? 'few' : 'many'
}

export function daemonSet(app: string): DaemonSet {
  const { metadata, spec } = template(app, 1, 'Always')
  const pods = { metadata, spec: { ...spec!, nodeSelector: { [poolLabel]: poolOf(0) } } } as PodTemplateSpec
  return { metadata: { name: app, namespace }, spec: { selector: { matchLabels: { app } }, template: pods } }
}

export function cronJob(app: string, concurrencyPolicy: 'Allow' | 'Forbid' | 'Replace'): CronJob {
  const jobTemplate = { spec: { backoffLimit: 4, template: template(app, 1, 'Never') } }
  const limits = { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 }
  return {
    metadata: { name: app, namespace },
    spec: { schedule: '* * * * *', concurrencyPolicy, ...limits, jobTemplate },
  }
}

export function service(app: string): Service {
  return { metadata: { name: app, namespace }, spec: { selector: { app }, ports: [{ port: 80 }] } }
}

export function budget(app: string, minAvailable: number): PodDisruptionBudget {
  return { metadata: { name: app, namespace }, spec: { minAvailable, selector: { matchLabels: { app } } } }
}
