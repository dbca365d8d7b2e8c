/**
 * Names of what an API server does when it starts. Upstream does it beside its open port and tells by checks of these
 * names what is done; here all of it is done before the port opens, so that who can ask finds it done. The names stay:
 * monitors read and leave out checks one by one. Source: `/livez?verbose` of kube-apiserver v1.36.
 */
const hooks = [
  ...['apiservice-discovery-controller', 'apiservice-openapi-controller', 'apiservice-openapiv3-controller'],
  ...['apiservice-registration-controller', 'apiservice-status-local-available-controller'],
  ...['apiservice-status-remote-available-controller', 'bootstrap-controller', 'crd-informer-synced'],
  ...['generic-apiserver-start-informers', 'kube-apiserver-autoregistration', 'peer-endpoint-reconciler-controller'],
  ...['priority-and-fairness-config-consumer', 'priority-and-fairness-config-producer'],
  ...['priority-and-fairness-filter', 'rbac/bootstrap-roles', 'scheduling/bootstrap-system-priority-classes'],
  ...['start-apiextensions-controllers', 'start-apiextensions-informers', 'start-apiserver-admission-initializer'],
  ...['start-cluster-authentication-info-controller', 'start-kube-aggregator-informers'],
  ...['start-kube-apiserver-identity-lease-controller', 'start-kube-apiserver-identity-lease-garbage-collector'],
  ...['start-kubernetes-service-cidr-controller', 'start-legacy-token-tracking-controller'],
  ...['start-service-ip-repair-controllers', 'start-system-namespaces-controller'],
  ...['storage-object-count-tracker-hook', 'storage-readiness'],
]

export const startSteps: readonly string[] = [
  'autoregister-completion',
  'log',
  ...hooks.map((name) => `poststarthook/${name}`),
]
