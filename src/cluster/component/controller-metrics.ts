/**
 * The controllers' own metrics, besides those of their queues, by upstream's names, labels and buckets. Sources: the
 * metrics of each controller of kube-controller-manager and of the cloud provider library, v1.36.
 */
import { Counter, type Family, gauge, Histogram, type Sample } from '../../apiserver/metrics/families.ts'
import type { GaugeReading, Meters } from '../../client/meters.ts'

/** `type name labels buckets | help`. Buckets: first, factor and number of those that grow by it, or all with `,`. `-`: none. */
const table = `
  histogram job_controller_job_sync_duration_seconds completion_mode,result,action 0.004*2^15 | How long a Job was worked on.
  counter job_controller_job_syncs_total completion_mode,result,action | How often Jobs were worked on.
  counter job_controller_jobs_finished_total completion_mode,result,reason | Jobs that came to their end.
  counter job_controller_jobs_by_external_controller_total controller_name | Jobs that somebody else manages.
  counter job_controller_job_pods_finished_total completion_mode,result | Pods that ended and were counted.
  counter job_controller_pod_failures_handled_by_failure_policy_total action | Failed pods that a rule decided on.
  counter job_controller_terminated_pods_tracking_finalizer_total event | Ended pods that wait to be counted (add) and that do no longer (delete).
  counter job_controller_job_finished_indexes_total status,backoffLimit | Indexes that came to their end.
  counter job_controller_job_pods_creation_total reason,status | Pods that were created, and why.
  histogram cronjob_controller_job_creation_skew_duration_seconds - 1*2^10 | From a CronJob's time to its Job.
  counter endpoint_slice_controller_changes operation | Writes of EndpointSlices.
  counter endpoint_slice_controller_syncs result | How often Services were worked on.
  histogram endpoint_slice_controller_endpoints_added_per_sync - 2*2^15 | Endpoints that one Service gained at once.
  histogram endpoint_slice_controller_endpoints_removed_per_sync - 2*2^15 | Endpoints that one Service lost at once.
  histogram endpoint_slice_controller_endpointslices_changed_per_sync topology,traffic_distribution 0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5,5,10 | EndpointSlices that were written at once for a Service.
  gauge endpoint_slice_controller_endpoints_desired - | Endpoints of all Services.
  gauge endpoint_slice_controller_num_endpoint_slices - | EndpointSlices of all Services.
  gauge endpoint_slice_controller_desired_endpoint_slices - | EndpointSlices that would be enough.
  gauge endpoint_slice_controller_services_count_by_traffic_distribution traffic_distribution | Services that ask for near endpoints.
  counter endpoint_slice_mirroring_controller_changes operation | Writes of mirrored EndpointSlices.
  histogram endpoint_slice_mirroring_controller_endpoints_added_per_sync - 2*2^15 | Endpoints gained at once.
  histogram endpoint_slice_mirroring_controller_endpoints_removed_per_sync - 2*2^15 | Endpoints lost at once.
  histogram endpoint_slice_mirroring_controller_addresses_skipped_per_sync - 2*2^15 | Addresses that were not mirrored.
  histogram endpoint_slice_mirroring_controller_endpoints_sync_duration - 0.001*2^15 | How long an Endpoints object was worked on.
  gauge endpoint_slice_mirroring_controller_endpoints_desired - | Mirrored endpoints.
  gauge endpoint_slice_mirroring_controller_num_endpoint_slices - | Mirrored EndpointSlices.
  gauge endpoint_slice_mirroring_controller_desired_endpoint_slices - | Mirrored EndpointSlices that would be enough.
  counter garbagecollector_controller_resources_sync_error_total - | Resources could not be learned.
  histogram ttl_after_finished_controller_job_deletion_duration_seconds - 0.1*2^14 | From the end of a finished Job's time to its deletion.
  histogram replicaset_controller_sorting_deletion_age_ratio - 0.25*2^6 | Age of a ready pod that goes, to that of the youngest.
  gauge storage_count_attachable_volumes_in_use node,volume_plugin | Volumes that pods of a node use.
  gauge attachdetach_controller_total_volumes plugin_name,state | Volumes that are attached, and that ought to be.
  counter attach_detach_controller_attachdetach_controller_forced_detaches reason | Volumes taken from nodes that may still use them.
  counter node_ipam_controller_cidrset_cidrs_allocations_total clusterCIDR | Blocks given to nodes.
  counter node_ipam_controller_cidrset_cidrs_releases_total clusterCIDR | Blocks taken back.
  gauge node_ipam_controller_cirdset_max_cidrs clusterCIDR | Blocks that there are.
  gauge node_ipam_controller_cidrset_usage_cidrs clusterCIDR | The share of blocks that nodes have.
  histogram node_ipam_controller_cidrset_allocation_tries_per_request clusterCIDR 1*5^5 | Blocks looked at for one node.
  counter horizontal_pod_autoscaler_controller_reconciliations_total action,error | How often autoscalers were worked on.
  histogram horizontal_pod_autoscaler_controller_reconciliation_duration_seconds action,error 0.001*2^15 | How long an autoscaler was worked on.
  counter horizontal_pod_autoscaler_controller_metric_computation_total action,error,metric_type | Metrics that were computed.
  histogram horizontal_pod_autoscaler_controller_metric_computation_duration_seconds action,error,metric_type 0.001*2^15 | How long one metric took.
  gauge horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers - | Autoscalers.
  gauge horizontal_pod_autoscaler_controller_desired_replicas namespace,hpa_name | Replicas that an autoscaler wants.
  gauge pv_collector_total_pv_count plugin_name,volume_mode | PersistentVolumes.
  gauge pv_collector_bound_pv_count storage_class | PersistentVolumes that are bound.
  gauge pv_collector_unbound_pv_count storage_class | PersistentVolumes that are not.
  gauge pv_collector_bound_pvc_count namespace,storage_class,volume_attributes_class | PersistentVolumeClaims that are bound.
  gauge pv_collector_unbound_pvc_count namespace,storage_class,volume_attributes_class | PersistentVolumeClaims that are not.
  counter retroactive_storageclass_total - | Claims that got the default class later.
  counter retroactive_storageclass_errors_total - | Claims that could not get it.
  counter resourceclaim_controller_creates_total status,admin_access | ResourceClaims asked for by templates.
  gauge resourceclaim_controller_resource_claims allocated,admin_access,source | ResourceClaims.
  gauge statefulset_controller_statefulset_max_unavailable statefulset_namespace,statefulset_name,pod_management_policy | Pods that may be unavailable during an update.
  gauge statefulset_controller_statefulset_unavailable_replicas statefulset_namespace,statefulset_name,pod_management_policy | Pods that are unavailable.
  counter taint_eviction_controller_pod_deletions_total - | Pods deleted for taints.
  histogram taint_eviction_controller_pod_deletion_duration_seconds - 0.005,0.025,0.1,0.5,1,2.5,10,30,60,120,180,240 | From when a pod had to go to its deletion.
  counter device_taint_eviction_controller_pod_deletions_total - | Pods deleted for taints of devices.
  gauge node_collector_zone_health zone | Percentage of the zone's nodes that are ready.
  gauge node_collector_zone_size zone | Nodes of the zone.
  gauge node_collector_unhealthy_nodes_in_zone zone | Nodes of the zone that are not ready.
  counter node_collector_evictions_total zone | Nodes whose pods were told to go.
  histogram node_collector_update_node_health_duration_seconds - 0.001*4^8 | How long a node was looked at.
  gauge selinux_warning_controller_selinux_volume_conflict property,pod1_namespace,pod1_name,pod1_value,pod2_namespace,pod2_name,pod2_value | Pods that would keep each other from a volume.
  counter root_ca_cert_publisher_sync_total code | Namespaces that the authorities were written to.
  histogram root_ca_cert_publisher_sync_duration_seconds code 0.001*2^15 | How long that took.
  counter pod_gc_collector_force_delete_pods_total namespace,reason | Pods that were cleared away.
  counter pod_gc_collector_force_delete_pod_errors_total namespace,reason | Pods that could not be.
  counter ephemeral_volume_controller_create_total - | Claims asked for by pods' volumes.
  counter ephemeral_volume_controller_create_failures_total - | Claims that could not be made.
  counter service_controller_loadbalancer_sync_total - | Load balancers that were set up or told of nodes.
  counter service_controller_nodesync_error_total - | Load balancers that could not be told of nodes.
  histogram service_controller_update_loadbalancer_host_latency_seconds - 1*2^15 | How long it took to tell one of nodes.
  histogram node_controller_initial_node_sync_delay_seconds - 1*4^6 | From a node's creation until the cloud knew it.
  histogram node_controller_cloud_provider_taint_removal_delay_seconds - 1*4^6 | From a node's creation until it lost the taint.
  counter scheduler_schedule_attempts_total result,profile | Tries to find a pod its node.
  histogram scheduler_scheduling_attempt_duration_seconds result,profile 0.001*2^15 | How long tries took, with their binding.
  histogram scheduler_scheduling_algorithm_duration_seconds - 0.001*2^15 | How long it took to choose a node.
  histogram scheduler_pod_scheduling_sli_duration_seconds attempts 0.01*2^20 | From when pods came until they had their node.
  histogram scheduler_pod_scheduling_attempts - 1*2^5 | Tries that it took.
  gauge scheduler_pending_pods queue | Pods that wait, by where.
  gauge scheduler_unschedulable_pods plugin,profile | Pods without a node, by who kept them from one.
  gauge scheduler_cache_size type | Nodes and pods that are known.
  counter scheduler_preemption_attempts_total - | Tries to make room for a pod.
  histogram scheduler_preemption_victims - 1*2^7 | Pods that had to go for one.
  counter route_controller_route_sync_total - | How often routes were compared with the cloud's.
`

export class ControllerMetrics implements Meters {
  readonly #counters = new Map<string, Counter>()
  readonly #histograms = new Map<string, Histogram>()
  readonly #gauges = new Map<string, { help: string; labels: readonly string[]; read: () => Iterable<GaugeReading> }>()

  constructor() {
    for (const line of table.trim().split('\n')) this.#declare(line.trim())
  }

  count(metric: string, labels: readonly string[] = [], by = 1): void {
    known(this.#counters, metric).add(labels, by)
  }

  observe(metric: string, labels: readonly string[], value: number): void {
    known(this.#histograms, metric).observe(labels, value)
  }

  gauge(metric: string, read: () => Iterable<GaugeReading>): void {
    known(this.#gauges, metric).read = read
  }

  /** Every name, for tests. */
  get names(): readonly string[] {
    return [...this.#counters.keys(), ...this.#histograms.keys(), ...this.#gauges.keys()]
  }

  families(): Family[] {
    const gauges = [...this.#gauges].map(([name, { help, labels, read }]) =>
      gauge(
        name,
        help,
        [...read()].map(
          ([values, value]): Sample => [
            Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ''])),
            value,
          ],
        ),
      ),
    )
    return [...this.#counters.values(), ...this.#histograms.values(), ...gauges]
  }

  #declare(line: string): void {
    const [head = '', help = ''] = line.split(' | ')
    const [type, name = '', labelText = '-', bucketText = ''] = head.split(' ')
    const labels = labelText === '-' ? [] : labelText.split(',')
    // As Go's library shows them: without labels from the start, with labels once they are used.
    const shown = <M extends Counter | Histogram>(made: M): M => {
      if (labels.length === 0) made.series([])
      return made
    }
    if (type === 'counter') this.#counters.set(name, shown(new Counter(name, help, labels)))
    else if (type === 'histogram')
      this.#histograms.set(name, shown(new Histogram(name, help, labels, bucketsOf(bucketText))))
    else this.#gauges.set(name, { help, labels, read: () => [] })
  }
}

function known<T>(metrics: ReadonlyMap<string, T>, name: string): T {
  const found = metrics.get(name)
  if (found === undefined) throw new Error(`metric ${name} is not in the table of the controllers' metrics`)
  return found
}

/** `1*2^10`: ten, from 1 on, each twice the one before. */
function bucketsOf(text: string): number[] {
  const [, first, factor, count] = /^([\d.]+)\*(\d+)\^(\d+)$/.exec(text) ?? []
  if (first === undefined) return text.split(',').map(Number)
  return Array.from({ length: Number(count) }, (_, index) => Number(first) * Number(factor) ** index)
}
