/** Fields of upstream's internal types, in their order, for `go-struct.ts`. Facts read off recorded messages. */
export const goStructTables: Readonly<Record<string, string>> = {
  DeploymentStrategy: 'Type:s RollingUpdate:*RollingUpdateDeployment',
  RollingUpdateDeployment: 'MaxUnavailable:n MaxSurge:n',
  DaemonSetUpdateStrategy: 'Type:s RollingUpdate:*RollingUpdateDaemonSet',
  RollingUpdateDaemonSet: 'MaxUnavailable:n MaxSurge:n',
  StatefulSetUpdateStrategy: 'Type:s RollingUpdate:*RollingUpdateStatefulSet',
  RollingUpdateStatefulSet: 'Partition:n MaxUnavailable:*',
}
