/** What programs create: one small workload of each kind, whose pods tolerate a lost node for seconds only. */
import { apiVersionOf, type KubeObject, type Resource } from '../../../src/api/meta.ts'
import { appsV1, batchV1, coreV1 } from '../../../src/api/resources.ts'
import { serviceLabels } from './network-checks.ts'

export const kinds = [
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
] as const

export type Kind = (typeof kinds)[number]

/** What a program may vary. */
export interface Shape {
  replicas: number
  version: number
  /** Recreate, Parallel, Indexed, surge: the kind's other way of working. */
  other: boolean
  /** Its pods ask for a device each. */
  device: boolean
}

const deviceTemplate = 'device'
const driver = 'device.example.com'
/** On each node: more than programs ever ask for. */
const devicesPerNode = 60

/** What pods with devices need in the cluster: a class, a template of claims, and the devices of each node. */
export function deviceObjects(nodeNames: readonly string[]): KubeObject[] {
  const apiVersion = 'resource.k8s.io/v1'
  const expression = `device.driver == '${driver}'`
  const requests = [{ name: 'device', exactly: { deviceClassName: 'device' } }]
  const devices = Array.from({ length: devicesPerNode }, (_, index) => ({ name: `device-${index}` }))
  const slices = nodeNames.map((nodeName) => ({
    ...{ apiVersion, kind: 'ResourceSlice', metadata: { name: nodeName } },
    spec: { driver, nodeName, devices, pool: { name: nodeName, generation: 1, resourceSliceCount: 1 } },
  }))
  return [
    { apiVersion, kind: 'DeviceClass', metadata: { name: 'device' }, spec: { selectors: [{ cel: { expression } }] } },
    {
      ...{ apiVersion, kind: 'ResourceClaimTemplate', metadata: { name: deviceTemplate, namespace: 'default' } },
      spec: { spec: { devices: { requests } } },
    },
    ...slices,
  ] as KubeObject[]
}

export const resources: Readonly<Record<Kind, Resource>> = {
  Deployment: appsV1.deployments,
  ReplicaSet: appsV1.replicaSets,
  ReplicationController: coreV1.replicationControllers,
  StatefulSet: appsV1.statefulSets,
  DaemonSet: appsV1.daemonSets,
  Job: batchV1.jobs,
  CronJob: batchV1.cronJobs,
}

export function workload(kind: Kind, name: string, shape: Shape): KubeObject {
  return {
    apiVersion: apiVersionOf(resources[kind]),
    kind,
    metadata: { name },
    spec: specs[kind](name, shape),
  } as KubeObject
}

const specs: Readonly<Record<Kind, (name: string, shape: Shape) => object>> = {
  Deployment: (name, { replicas, version, other, device }) => ({
    replicas,
    selector: { matchLabels: { app: name } },
    template: template(name, { version, device }),
    ...(other ? { strategy: { type: 'Recreate' } } : {}),
  }),
  ReplicaSet: (name, { replicas, version, device }) => ({
    replicas,
    selector: { matchLabels: { app: name } },
    template: template(name, { version, device }),
  }),
  ReplicationController: (name, { replicas, version, device }) => ({
    replicas,
    selector: { app: name },
    template: template(name, { version, device }),
  }),
  StatefulSet: (name, { replicas, version, other, device }) => ({
    replicas,
    serviceName: name,
    selector: { matchLabels: { app: name } },
    template: template(name, { version, device }),
    podManagementPolicy: other ? 'Parallel' : 'OrderedReady',
  }),
  DaemonSet: (name, { version, other, device }) => ({
    selector: { matchLabels: { app: name } },
    template: template(name, { version, device }),
    updateStrategy: { rollingUpdate: other ? { maxSurge: 1, maxUnavailable: 0 } : { maxUnavailable: 1 } },
  }),
  Job: (name, shape) => jobSpec(name, shape),
  CronJob: (name, shape) => ({ schedule: '*/2 * * * *', jobTemplate: { spec: jobSpec(name, shape) } }),
}

function jobSpec(name: string, { replicas, version, other, device }: Shape): object {
  return {
    completions: replicas,
    parallelism: 2,
    backoffLimit: 20,
    template: template(name, { version, device }, 'Never'),
    ...(other ? { completionMode: 'Indexed' } : {}),
  }
}

function template(
  app: string,
  { version, device }: Pick<Shape, 'version' | 'device'>,
  restartPolicy = 'Always',
): object {
  const tolerate = (key: string) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 })
  return {
    metadata: { labels: { app, ...serviceLabels } },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: 5,
      tolerations: [tolerate('node.kubernetes.io/not-ready'), tolerate('node.kubernetes.io/unreachable')],
      containers: [{ name: 'main', image: `app:${version}` }],
      ...(device ? { resourceClaims: [{ name: 'device', resourceClaimTemplateName: deviceTemplate }] } : {}),
    },
  }
}
