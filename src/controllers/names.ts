/**
 * Every controller of kube-controller-manager v1.36 by its name, with who does its work here. `--controllers`, the flags
 * of concurrency and the metrics of queues all read this table. Source: kube-controller-manager's own list.
 */

export interface KnownController {
  /** Upstream's name, as in `--controllers`. */
  name: string
  /** Names that it had before, and still answers to. */
  aliases: readonly string[]
  /** Our controllers that do its work. Empty where nobody does: `why` says so. */
  ours: readonly string[]
  /** Of its main queue in `workqueue_*`. */
  queue: string
  /** Runs only where it is named. */
  offByDefault: boolean
  /** Runs only where these feature gates are on. */
  gates: readonly string[]
  /** The flag that says how many it reconciles at once. */
  concurrency?: string
  why?: string
}

interface Details {
  alias?: string
  /** Default: the name without `-controller`. */
  ours?: readonly string[]
  queue?: string
  off?: true
  gates?: readonly string[]
  concurrency?: string
  why?: string
}

const cloud = { ours: [], why: 'the cloud controller manager runs it' }

const table: Readonly<Record<string, Details>> = {
  'bootstrap-signer': { alias: 'bootstrapsigner', queue: 'bootstrap_signer_queue', off: true },
  'certificatesigningrequest-approving': { alias: 'csrapproving', queue: 'certificate' },
  'certificatesigningrequest-cleaner': { alias: 'csrcleaner' },
  'certificatesigningrequest-signing': { alias: 'csrsigning', queue: 'certificate' },
  'cloud-node-lifecycle': { alias: 'cloud-node-lifecycle', ...cloud },
  'clusterrole-aggregation': {
    alias: 'clusterrole-aggregation',
    ours: ['clusterrole-aggregation-controller'],
    queue: 'ClusterRoleAggregator',
  },
  cronjob: { alias: 'cronjob', concurrency: 'concurrent-cron-job-syncs' },
  daemonset: { alias: 'daemonset', concurrency: 'concurrent-daemonset-syncs' },
  deployment: { alias: 'deployment', concurrency: 'concurrent-deployment-syncs' },
  'device-taint-eviction': {
    ours: ['device-taint-eviction-controller'],
    gates: ['DRADeviceTaints'],
    concurrency: 'concurrent-device-taint-eviction-syncs',
  },
  disruption: { alias: 'disruption', ours: ['disruption', 'stale-pod-disruption'] },
  endpoints: { alias: 'endpoint', queue: 'endpoint', concurrency: 'concurrent-endpoint-syncs' },
  endpointslice: { alias: 'endpointslice', queue: 'endpoint_slice', concurrency: 'concurrent-service-endpoint-syncs' },
  'endpointslice-mirroring': {
    alias: 'endpointslicemirroring',
    queue: 'endpoint_slice_mirroring',
    concurrency: 'mirroring-concurrent-service-endpoint-syncs',
  },
  'ephemeral-volume': {
    alias: 'ephemeral-volume',
    ours: ['ephemeral-volume-controller'],
    queue: 'ephemeral_volume',
    concurrency: 'concurrent-ephemeralvolume-syncs',
  },
  'garbage-collector': {
    alias: 'garbagecollector',
    queue: 'garbage_collector_attempt_to_delete',
    concurrency: 'concurrent-gc-syncs',
  },
  'horizontal-pod-autoscaler': {
    alias: 'horizontalpodautoscaling',
    queue: 'horizontalpodautoscaler',
    concurrency: 'concurrent-horizontal-pod-autoscaler-syncs',
  },
  job: { alias: 'job', concurrency: 'concurrent-job-syncs' },
  'kube-apiserver-serving-clustertrustbundle-publisher': {
    ours: ['kube-apiserver-serving-clustertrustbundle-publisher-controller'],
    queue: 'ca_cert_publisher_cluster_trust_bundles',
    gates: ['ClusterTrustBundle'],
  },
  'legacy-serviceaccount-token-cleaner': {
    alias: 'legacy-service-account-token-cleaner',
    ours: ['legacy-serviceaccount-token-cleaner-controller'],
  },
  namespace: { alias: 'namespace', concurrency: 'concurrent-namespace-syncs' },
  'node-ipam': { alias: 'nodeipam' },
  'node-lifecycle': { alias: 'nodelifecycle', queue: 'node_lifecycle_controller' },
  'node-route': { alias: 'route', ...cloud },
  'persistentvolume-attach-detach': {
    alias: 'attachdetach',
    ours: ['persistentvolume-attach-detach-controller'],
    queue: 'pvcs',
  },
  'persistentvolume-binder': { alias: 'persistentvolume-binder', queue: 'claims' },
  'persistentvolume-expander': {
    alias: 'persistentvolume-expander',
    ours: ['persistentvolume-expander-controller'],
    queue: 'volume_expand',
  },
  'persistentvolume-protection': { alias: 'pv-protection', queue: 'pvprotection' },
  'persistentvolumeclaim-protection': { alias: 'pvc-protection', queue: 'pvcprotection' },
  'pod-garbage-collector': { alias: 'podgc', queue: 'orphaned_pods_nodes' },
  'podcertificaterequest-cleaner': {
    ours: ['podcertificaterequest-cleaner-controller'],
    gates: ['PodCertificateRequest'],
  },
  'podgroup-protection': {
    ours: ['podgroup-protection-controller'],
    queue: 'podgroupprotection',
    gates: ['GenericWorkload'],
  },
  replicaset: { alias: 'replicaset', concurrency: 'concurrent-replicaset-syncs' },
  replicationcontroller: {
    alias: 'replicationcontroller',
    queue: 'replicationmanager',
    concurrency: 'concurrent-rc-syncs',
  },
  resourceclaim: {
    alias: 'resource-claim-controller',
    ours: ['resourceclaim-controller'],
    queue: 'resource_claim',
    concurrency: 'concurrent-resourceclaim-syncs',
  },
  resourcepoolstatusrequest: {
    ours: ['resourcepoolstatusrequest-controller'],
    gates: ['DRAResourcePoolStatus'],
  },
  resourcequota: {
    alias: 'resourcequota',
    ours: ['resourcequota-controller'],
    queue: 'resourcequota_primary',
    concurrency: 'concurrent-resource-quota-syncs',
  },
  'root-ca-certificate-publisher': { alias: 'root-ca-cert-publisher', queue: 'root_ca_cert_publisher' },
  'selinux-warning': {
    ours: ['selinux-warning-controller'],
    queue: 'selinux_warning',
    off: true,
  },
  'service-cidr': { ours: ['service-cidr-controller'], queue: 'ipaddresses' },
  'service-lb': { alias: 'service', ...cloud },
  serviceaccount: { alias: 'serviceaccount' },
  'serviceaccount-token': {
    alias: 'serviceaccount-token',
    ours: ['serviceaccount-token-controller'],
    queue: 'serviceaccount_tokens_service',
    concurrency: 'concurrent-serviceaccount-token-syncs',
  },
  statefulset: { alias: 'statefulset', concurrency: 'concurrent-statefulset-syncs' },
  'storage-version-migrator': {
    alias: 'svm',
    ours: ['storage-version-migrator-controller'],
    queue: 'storage-version-migrator-controller',
    gates: ['StorageVersionMigrator'],
  },
  'storageversion-garbage-collector': {
    alias: 'storage-version-gc',
    queue: 'storage_version_garbage_collector_storageversions',
    gates: ['APIServerIdentity', 'StorageVersionAPI'],
  },
  'taint-eviction': { queue: 'noexec_taint_pod' },
  'token-cleaner': { alias: 'tokencleaner', queue: 'token_cleaner', off: true },
  ttl: { alias: 'ttl', ours: ['ttl-controller'], queue: 'ttlcontroller' },
  'ttl-after-finished': {
    alias: 'ttl-after-finished',
    queue: 'ttl_jobs_to_delete',
    concurrency: 'concurrent-ttl-after-finished-syncs',
  },
  'validatingadmissionpolicy-status': {
    ours: ['validatingadmissionpolicy-status-controller'],
    queue: 'validatingadmissionpolicy-status',
    concurrency: 'concurrent-validating-admission-policy-status-syncs',
  },
  'volumeattributesclass-protection': {
    ours: ['volumeattributesclass-protection-controller'],
    queue: 'vacprotection',
  },
}

export const knownControllers: readonly KnownController[] = Object.entries(table).map(([stem, details]) => {
  const { alias, ours = [stem], queue = stem, off = false, gates = [], concurrency, why } = details
  return {
    ...{ name: `${stem}-controller`, aliases: alias === undefined ? [] : [alias], ours, queue },
    ...{ offByDefault: off, gates },
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(why === undefined ? {} : { why }),
  }
})

const byOurs = new Map(knownControllers.flatMap((known) => known.ours.map((name) => [name, known] as const)))

/** By the name that our controller bears; undefined for one that upstream does not have. */
export function knownController(ours: string): KnownController | undefined {
  return byOurs.get(ours)
}

/** Name in `workqueue_*`, as upstream's dashboards ask for it. The second of a pair has a queue of its own. */
export function queueName(ours: string): string {
  const known = byOurs.get(ours)
  return known?.ours[0] === ours ? known.queue : ours.replaceAll('-', '_')
}
