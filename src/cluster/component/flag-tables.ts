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
  authorization-always-allow-paths list :/healthz,/readyz,/livez | paths that everybody may read
  bind-address text :0.0.0.0 | address to listen on; 0.0.0.0 takes IPv6 too
  secure-port count | HTTPS port, 0 for none
  cert-dir text | folder where a certificate is looked for and made; without it one is made in memory
  tls-cert-file text | serving certificate, with its chain; needs --tls-private-key-file
  tls-private-key-file text | key of the serving certificate
  client-ca-file text | authorities whose certificates name callers (default: those that the API server publishes)
  leader-elect bool :true | whether only the holder of the lease works
  leader-elect-lease-duration duration :15s | after this without renewal others take over
  leader-elect-renew-deadline duration :10s | the leader gives up after this without renewal
  leader-elect-retry-period duration :2s | between tries to get or renew the lease
  leader-elect-resource-lock text =leases | other locks are gone upstream too
  leader-elect-resource-name text | the lease's name
  leader-elect-resource-namespace text :kube-system | the lease's namespace
  v count :0 | log verbosity; 4 and more is debug
  logging-format text | text or json (default: text on a terminal, else json)
  master text | URL of the API server, instead of the one in --kubeconfig
  kube-api-qps text :-1 | requests a second to the API server, leader election apart; below 0: as many as it takes
  kube-api-burst count :0 | how many may come at once where --kube-api-qps bounds them; 0: as many as that
  kube-api-content-type text =application/json | JSON is spoken
  requestheader-client-ca-file text | authorities of front proxies, who may speak for others (default: as the API server publishes)
  requestheader-allowed-names list | common names that may speak for others; all of the authority's when empty
  requestheader-username-headers list :x-remote-user | where front proxies name the user
  requestheader-uid-headers list | where they name its uid
  requestheader-group-headers list :x-remote-group | where they name its groups
  requestheader-extra-headers-prefix list :x-remote-extra- | what headers with more about it begin with
  authentication-skip-lookup bool :false | whether what the API server publishes of authorities is left unread
  authentication-tolerate-lookup-failure bool :false | whether to start though what the API server publishes of authorities cannot be read
  authentication-token-webhook-cache-ttl duration :10s | how long it is remembered whose a token is
  authorization-webhook-cache-authorized-ttl duration :10s | how long a yes is kept
  authorization-webhook-cache-unauthorized-ttl duration :10s | how long a no is kept
  tls-min-version text :VersionTLS12 | oldest version of TLS that is spoken: VersionTLS12 or VersionTLS13
  tls-cipher-suites list | suites of TLS 1.2 by their IANA names; those of 1.3 are always offered (default: Node's own)
  tls-sni-cert-key texts | certificate,key or certificate,key:name,name: files of a certificate for clients that come by these names, else by its own
  http2-max-streams-per-connection count ! | a fixed limit
  permit-address-sharing bool =false | the port belongs to one process
  permit-port-sharing bool =false | the port belongs to one process
  disable-http2-serving bool =false | HTTP/1.1 and HTTP/2 are both offered
  profiling bool =false | there are no pprof endpoints; use Node's own --cpu-prof
  contention-profiling bool =false | there are no pprof endpoints
  feature-gates list | NAME=true|false, for what can be switched
  emulated-version list =kube=1.36 | this is v1.36
  min-compatibility-version list ! | this is v1.36
  show-hidden-metrics-for-version text ! | no metric is hidden
  disabled-metrics list | names of metrics that are not served
  allow-metric-labels texts ! | labels of metrics are fixed
  allow-metric-labels-manifest text ! | labels of metrics are fixed
  tls-curve-preferences list ! | Node's own choice of curves is used
${loggingTable}`

const controllerManager = `
  controllers list :* | controllers to run: *, a name, or -name to leave it out
  allocate-node-cidrs bool :false | whether nodes get pod ranges out of --cluster-cidr
  cluster-cidr list | the ranges, one for each IP family
  cidr-allocator-type text =RangeAllocator | cloud providers run apart
  node-cidr-mask-size count :0 | bits of a node's range where there is one IP family; 0: 24 or 64
  node-cidr-mask-size-ipv4 count :0 | the same of IPv4 where there are two; 0: 24
  node-cidr-mask-size-ipv6 count :0 | the same of IPv6; 0: 64
  root-ca-file text | the authorities that pods find as kube-root-ca.crt (default: those of the kubeconfig)
  cluster-signing-cert-file text | the authority that signs certificate requests
  cluster-signing-key-file text | its key
  cluster-signing-duration duration :8760h0m0s | the longest life of what is signed
  terminated-pod-gc-threshold count :12500 | finished pods that may stay; 0: all may
  horizontal-pod-autoscaler-sync-period duration :15s | from one look at an autoscaler to the next
  horizontal-pod-autoscaler-downscale-stabilization duration :5m0s | how long the highest recommendation holds
  horizontal-pod-autoscaler-tolerance text :0.1 | relative change that is not acted on
  horizontal-pod-autoscaler-cpu-initialization-period duration :5m0s | young pods' CPU counts once they are ready
  horizontal-pod-autoscaler-initial-readiness-delay duration :30s | readiness that changed this early was never there
  concurrent-cron-job-syncs count :5 | reconciles at once
  concurrent-daemonset-syncs count :2 | reconciles at once
  concurrent-deployment-syncs count :5 | reconciles at once
  concurrent-endpoint-syncs count :5 | reconciles at once
  concurrent-gc-syncs count :20 | reconciles at once
  concurrent-horizontal-pod-autoscaler-syncs count :5 | reconciles at once
  concurrent-job-syncs count :5 | reconciles at once
  concurrent-namespace-syncs count :10 | reconciles at once
  concurrent-rc-syncs count :5 | reconciles at once
  concurrent-replicaset-syncs count :5 | reconciles at once
  concurrent-resource-quota-syncs count :5 | reconciles at once
  concurrent-service-endpoint-syncs count :5 | reconciles at once
  concurrent-serviceaccount-token-syncs count :5 | reconciles at once
  concurrent-statefulset-syncs count :5 | reconciles at once
  concurrent-ttl-after-finished-syncs count :5 | reconciles at once
  mirroring-concurrent-service-endpoint-syncs count :5 | reconciles at once
  concurrent-ephemeralvolume-syncs count :5 | reconciles at once
  concurrent-resourceclaim-syncs count :50 | reconciles at once
  concurrent-device-taint-eviction-syncs count :8 | reconciles at once
  concurrent-validating-admission-policy-status-syncs count :5 | reconciles at once
  concurrent-service-syncs count ! | cloud providers run apart
  use-service-account-credentials bool :false | whether each controller acts by a token of its own service account
  service-account-private-key-file text | signs the tokens that lie in Secrets; without it none are made
  cluster-name text :kubernetes | what cloud providers call the cluster; they run apart
  service-cluster-ip-range list | ranges of Services, of which nodes get nothing
  cluster-signing-kube-apiserver-client-cert-file text | the authority of kubernetes.io/kube-apiserver-client; who has none of these flags then signs nothing
  cluster-signing-kube-apiserver-client-key-file text | its key
  cluster-signing-kubelet-client-cert-file text | the authority of kubernetes.io/kube-apiserver-client-kubelet; who has none of these flags then signs nothing
  cluster-signing-kubelet-client-key-file text | its key
  cluster-signing-kubelet-serving-cert-file text | the authority of kubernetes.io/kubelet-serving; who has none of these flags then signs nothing
  cluster-signing-kubelet-serving-key-file text | its key
  cluster-signing-legacy-unknown-cert-file text | the authority of kubernetes.io/legacy-unknown; who has none of these flags then signs nothing
  cluster-signing-legacy-unknown-key-file text | its key
  cloud-provider text =external | cloud providers run apart
  cloud-config text ! | cloud providers run apart
  external-cloud-volume-plugin text ! | cloud providers run apart
  configure-cloud-routes bool =false | cloud providers run apart
  allow-untagged-cloud bool ! | cloud providers run apart
  node-monitor-period duration :5s | from one look at a node that is not ready to the next
  node-monitor-grace-period duration :50s | silence that makes a node unreachable
  node-startup-grace-period duration :1m0s | the same before its first word
  node-eviction-rate text :0.1 | nodes of a healthy zone given up per second
  secondary-node-eviction-rate text :0.01 | the same where most of a large zone is unhealthy; none of a small one
  large-cluster-size-threshold count :50 | zones of more nodes are large
  unhealthy-zone-threshold text :0.55 | share of unready nodes, three at least, that makes a zone unhealthy
  min-resync-period duration ! | caches follow watches and are not resynced
  enable-garbage-collector bool =true | see --controllers
  enable-dynamic-provisioning bool =true | see --controllers
  enable-hostpath-provisioner bool =false | see the built-in local-path provisioner
  max-endpoints-per-slice count :100 | endpoints in an EndpointSlice, 1 to 1000
  mirroring-max-endpoints-per-subset count :1000 | addresses of an Endpoints subset that are mirrored, 1 to 1000
  controller-start-interval duration =0s | controllers start at once
  route-reconciliation-period duration ! | cloud providers run apart
  namespace-sync-period duration ! | namespaces are followed
  resource-quota-sync-period duration ! | a fixed time
  pvclaimbinder-sync-period duration ! | a fixed time
  legacy-service-account-token-clean-up-period duration :8760h0m0s | unused for longer, tokens in Secrets are cleared away
  flex-volume-plugin-dir text ! | there are no flex volumes
  pv-recycler-pod-template-filepath-hostpath text ! | volumes are not recycled
  pv-recycler-pod-template-filepath-nfs text ! | volumes are not recycled
  enable-leader-migration bool =false | cloud providers run apart
  leader-migration-config text ! | cloud providers run apart
  disable-attach-detach-reconcile-sync bool =false | what is attached is always compared
  attach-detach-reconcile-sync-period duration ! | a fixed time
  disable-force-detach-on-timeout bool :false | never take a volume from an unhealthy node that may use it
  controller-shutdown-timeout duration :10s | how long controllers may take to end what they do
  endpoint-updates-batch-period duration =0s | changes are written at once
  endpointslice-updates-batch-period duration =0s | changes are written at once
  mirroring-endpointslice-updates-batch-period duration =0s | changes are written at once
  pv-recycler-increment-timeout-nfs count ! | volumes are not recycled
  pv-recycler-minimum-timeout-hostpath count ! | volumes are not recycled
  pv-recycler-minimum-timeout-nfs count ! | volumes are not recycled
  pv-recycler-timeout-increment-hostpath count ! | volumes are not recycled
`

const scheduler = `
  config text | YAML file with a KubeSchedulerConfiguration of one profile; other flags win over it
  write-config-to text ! | there is no configuration file
  authentication-tolerate-lookup-failure bool :true | whether to start though what the API server publishes of authorities cannot be read
  pod-max-in-unschedulable-pods-duration duration :5m0s | pods that fit nowhere are tried again after this long, even when nothing seems to have changed
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
