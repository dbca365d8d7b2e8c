/**
 * The flags of kube-controller-manager and kube-scheduler v1.36 by their names, in the form of `../apiserver/flag-table.ts`.
 * Sources: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/ and
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/.
 */
import { type Flag, flagsOf, loggingTable } from '../apiserver/flag-table.ts'
import { cloudFlags } from './cloud.ts'

const common = `
  kubeconfig text | who to be, and where the API server is; without it the service account of the pod
  authentication-kubeconfig text | who to be when asking the API server about callers (default: that of --kubeconfig)
  authorization-kubeconfig text | who to be when asking the API server what callers may (default: that of --kubeconfig)
  authorization-always-allow-paths list | paths that everybody may read (default: /healthz,/readyz,/livez)
  bind-address text | address to listen on (default: ::, which takes IPv4 too)
  secure-port count | HTTPS port, 0 for none
  cert-dir text ! | a certificate is made in memory; name your own by --tls-cert-file
  tls-cert-file text | serving certificate, with its chain; needs --tls-private-key-file
  tls-private-key-file text | key of the serving certificate
  client-ca-file text | authorities whose certificates name callers (default: those that the API server publishes)
  leader-elect bool | whether only the holder of the lease works (default: true)
  leader-elect-lease-duration duration | after this without renewal others take over (default: 15s)
  leader-elect-renew-deadline duration | the leader gives up after this without renewal (default: 10s)
  leader-elect-retry-period duration | between tries to get or renew the lease (default: 2s)
  leader-elect-resource-lock text =leases | other locks are gone upstream too
  leader-elect-resource-name text | the lease's name
  leader-elect-resource-namespace text | the lease's namespace (default: kube-system)
  v count | log verbosity; 4 and more is debug
  logging-format text | text or json (default: text on a terminal, else json)
  master text ! | use --kubeconfig
  kube-api-qps text ! | requests are not throttled here; the API server bounds them
  kube-api-burst count ! | requests are not throttled here; the API server bounds them
  kube-api-content-type text =application/json | JSON is spoken
  requestheader-client-ca-file text ! | callers come by themselves, not through a front proxy
  requestheader-allowed-names list ! | callers come by themselves, not through a front proxy
  requestheader-username-headers list ! | callers come by themselves, not through a front proxy
  requestheader-uid-headers list ! | callers come by themselves, not through a front proxy
  requestheader-group-headers list ! | callers come by themselves, not through a front proxy
  requestheader-extra-headers-prefix list ! | callers come by themselves, not through a front proxy
  authentication-skip-lookup bool =false | the API server is asked
  authentication-tolerate-lookup-failure bool =false | who cannot be looked up is not let in
  authentication-token-webhook-cache-ttl duration ! | a fixed time
  authorization-webhook-cache-authorized-ttl duration ! | a fixed time
  authorization-webhook-cache-unauthorized-ttl duration ! | a fixed time
  tls-min-version text =VersionTLS12 | TLS 1.2 and 1.3 are spoken
  tls-cipher-suites list ! | Node's own choice of suites is used
  tls-sni-cert-key texts ! | there is one serving certificate
  http2-max-streams-per-connection count ! | a fixed limit
  permit-address-sharing bool =false | the port belongs to one process
  permit-port-sharing bool =false | the port belongs to one process
  disable-http2-serving bool =false | HTTP/1.1 and HTTP/2 are both offered
  profiling bool =false | there are no pprof endpoints; use Node's own --cpu-prof
  contention-profiling bool =false | there are no pprof endpoints
  feature-gates list | NAME=true|false, for what can be switched
  emulated-version list ! | this is v1.36
  min-compatibility-version list ! | this is v1.36
  show-hidden-metrics-for-version text ! | no metric is hidden
  disabled-metrics list ! | all metrics are served
  allow-metric-labels texts ! | labels of metrics are fixed
  allow-metric-labels-manifest text ! | labels of metrics are fixed
  tls-curve-preferences list ! | Node's own choice of curves is used
${loggingTable}`

const controllerManager = `
  controllers list | controllers to run: *, a name, or -name to leave it out (default: *)
  allocate-node-cidrs bool | whether nodes get pod ranges out of --cluster-cidr (default: false)
  cluster-cidr list | the ranges, one for each IP family
  cidr-allocator-type text =RangeAllocator | cloud providers run apart
  node-cidr-mask-size count =24 | a /24 for each node
  node-cidr-mask-size-ipv4 count =24 | a /24 for each node
  node-cidr-mask-size-ipv6 count =64 | a /64 for each node
  root-ca-file text | the authorities that pods find as kube-root-ca.crt (default: those of the kubeconfig)
  cluster-signing-cert-file text | the authority that signs certificate requests
  cluster-signing-key-file text | its key
  cluster-signing-duration duration | the longest life of what is signed (default: 8760h)
  terminated-pod-gc-threshold count | finished pods that may stay; 0: all may (default: 12500)
  horizontal-pod-autoscaler-sync-period duration | from one look at an autoscaler to the next (default: 15s)
  horizontal-pod-autoscaler-downscale-stabilization duration | how long the highest recommendation holds (default: 5m)
  horizontal-pod-autoscaler-tolerance text | relative change that is not acted on (default: 0.1)
  horizontal-pod-autoscaler-cpu-initialization-period duration | young pods' CPU counts once they are ready (default: 5m)
  horizontal-pod-autoscaler-initial-readiness-delay duration | readiness that changed this early was never there (default: 30s)
  concurrent-cron-job-syncs count | reconciles at once
  concurrent-daemonset-syncs count | reconciles at once
  concurrent-deployment-syncs count | reconciles at once
  concurrent-endpoint-syncs count | reconciles at once
  concurrent-gc-syncs count | reconciles at once
  concurrent-horizontal-pod-autoscaler-syncs count | reconciles at once
  concurrent-job-syncs count | reconciles at once
  concurrent-namespace-syncs count | reconciles at once
  concurrent-rc-syncs count | reconciles at once
  concurrent-replicaset-syncs count | reconciles at once
  concurrent-resource-quota-syncs count | reconciles at once
  concurrent-service-endpoint-syncs count | reconciles at once
  concurrent-serviceaccount-token-syncs count | reconciles at once
  concurrent-statefulset-syncs count | reconciles at once
  concurrent-ttl-after-finished-syncs count | reconciles at once
  mirroring-concurrent-service-endpoint-syncs count | reconciles at once
  concurrent-ephemeralvolume-syncs count | reconciles at once
  concurrent-resourceclaim-syncs count | reconciles at once
  concurrent-device-taint-eviction-syncs count | reconciles at once
  concurrent-validating-admission-policy-status-syncs count | reconciles at once
  concurrent-service-syncs count ! | cloud providers run apart
  use-service-account-credentials bool | whether each controller acts by a token of its own service account (default: false)
  service-account-private-key-file text | signs the tokens that lie in Secrets; without it none are made
  cluster-name text =kubernetes | only cloud providers use it
  service-cluster-ip-range list | ranges of Services, of which nodes get nothing
  cluster-signing-kube-apiserver-client-cert-file text ! | one authority signs for all; see --cluster-signing-cert-file
  cluster-signing-kube-apiserver-client-key-file text ! | one authority signs for all; see --cluster-signing-key-file
  cluster-signing-kubelet-client-cert-file text ! | one authority signs for all; see --cluster-signing-cert-file
  cluster-signing-kubelet-client-key-file text ! | one authority signs for all; see --cluster-signing-key-file
  cluster-signing-kubelet-serving-cert-file text ! | one authority signs for all; see --cluster-signing-cert-file
  cluster-signing-kubelet-serving-key-file text ! | one authority signs for all; see --cluster-signing-key-file
  cluster-signing-legacy-unknown-cert-file text ! | one authority signs for all; see --cluster-signing-cert-file
  cluster-signing-legacy-unknown-key-file text ! | one authority signs for all; see --cluster-signing-key-file
  cloud-provider text ! | cloud providers run apart
  cloud-config text ! | cloud providers run apart
  external-cloud-volume-plugin text ! | cloud providers run apart
  configure-cloud-routes bool =false | cloud providers run apart
  allow-untagged-cloud bool ! | cloud providers run apart
  node-monitor-period duration | from one look at a node that is not ready to the next (default: 5s)
  node-monitor-grace-period duration | silence that makes a node unreachable (default: 50s)
  node-startup-grace-period duration | the same before its first word (default: 1m)
  node-eviction-rate text | nodes of a healthy zone given up per second (default: 0.1)
  secondary-node-eviction-rate text | the same where most of a large zone is unhealthy; none of a small one (default: 0.01)
  large-cluster-size-threshold count | zones of more nodes are large (default: 50)
  unhealthy-zone-threshold text | share of unready nodes, three at least, that makes a zone unhealthy (default: 0.55)
  min-resync-period duration ! | caches follow watches and are not resynced
  enable-garbage-collector bool =true | see --controllers
  enable-dynamic-provisioning bool =true | see --controllers
  enable-hostpath-provisioner bool =false | see the built-in local-path provisioner
  max-endpoints-per-slice count | endpoints in an EndpointSlice, 1 to 1000 (default: 100)
  mirroring-max-endpoints-per-subset count | addresses of an Endpoints subset that are mirrored, 1 to 1000 (default: 1000)
  controller-start-interval duration =0s | controllers start at once
  route-reconciliation-period duration ! | cloud providers run apart
  namespace-sync-period duration ! | namespaces are followed
  resource-quota-sync-period duration ! | a fixed time
  pvclaimbinder-sync-period duration ! | a fixed time
  legacy-service-account-token-clean-up-period duration | unused for longer, tokens in Secrets are cleared away (default: 8760h)
  flex-volume-plugin-dir text ! | there are no flex volumes
  volume-host-cidr-denylist list ! | volumes of hosts are not provisioned
  volume-host-allow-local-loopback bool ! | volumes of hosts are not provisioned
  pv-recycler-pod-template-filepath-hostpath text ! | volumes are not recycled
  pv-recycler-pod-template-filepath-nfs text ! | volumes are not recycled
  enable-leader-migration bool =false | cloud providers run apart
  leader-migration-config text ! | cloud providers run apart
  disable-attach-detach-reconcile-sync bool =false | what is attached is always compared
  attach-detach-reconcile-sync-period duration ! | a fixed time
  disable-force-detach-on-timeout bool | never take a volume from an unhealthy node that may use it (default: false)
  controller-shutdown-timeout duration ! | controllers end what they do, however long it takes
  endpoint-updates-batch-period duration =0s | changes are written at once
  endpointslice-updates-batch-period duration =0s | changes are written at once
  mirroring-endpointslice-updates-batch-period duration =0s | changes are written at once
  pv-recycler-increment-timeout-nfs count ! | volumes are not recycled
  pv-recycler-minimum-timeout-hostpath count ! | volumes are not recycled
  pv-recycler-minimum-timeout-nfs count ! | volumes are not recycled
  pv-recycler-timeout-increment-hostpath count ! | volumes are not recycled
`

const scheduler = `
  config text ! | profiles other than the default one are not offered yet
  write-config-to text ! | there is no configuration file
  pod-max-in-unschedulable-pods-duration duration =5m0s | a fixed time
`

export type Component = 'controller-manager' | 'scheduler' | 'cloud-controller-manager'

const tables: Readonly<Record<Component, string>> = {
  'controller-manager': common + controllerManager,
  scheduler: common + scheduler,
  'cloud-controller-manager': common + cloudFlags,
}

export function componentFlags(component: Component): ReadonlyMap<string, Flag> {
  return flagsOf(tables[component])
}
