/**
 * Every flag of kube-apiserver v1.36 by its name, and what `k8ts apiserver` does with it. A line is
 *
 *     name type           honoured
 *     name type :VALUE    honoured, and VALUE where nobody says otherwise
 *     name type =VALUE    accepted with this value only, which is how this server is; `why` says it
 *     name type !         refused; `why` says what to do instead
 *
 * each with ` | why`. Types: `text`, `list` (commas, or repeated), `texts` (repeated), `file` and `files` (paths),
 * `bool`, `count`, `duration`.
 *
 * `k8ts server` has the same, but for what its home directory and its cluster decide, and a few of its own.
 * Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/.
 */
export type FlagType = 'text' | 'list' | 'texts' | 'file' | 'files' | 'bool' | 'count' | 'duration'

export interface Flag {
  name: string
  type: FlagType
  handling: 'honoured' | 'refused' | { only: string }
  /** What it does, or why it cannot be had. */
  why: string
  /** What holds without it. Absent where nothing does, or where that is no plain value: then `why` says it. */
  standard?: string
}

/** Of every component: how it logs. */
export const loggingTable = `
  log-flush-frequency duration :5s | how long a line may wait; none does
  log-json-info-buffer-size text =0 | lines are written at once
  log-json-split-stream bool =false | all lines go to standard error
  log-text-info-buffer-size text =0 | lines are written at once
  log-text-split-stream bool =false | all lines go to standard error
  vmodule list ! | verbosity is the same for all files; see --v
`

const table = `
  data-dir file | where keys, certificates and the embedded store are kept (ours; default: /var/lib/k8ts-apiserver)
  advertise-address text | address under which members of the cluster reach this server (default: the bind address; the machine's where that is any address or a loopback one)
  bind-address text | address to listen on (default: ::, which takes IPv4 too)
  secure-port count | HTTPS port, 0 for a free one (default: 6443)
  cert-dir file | where certificates and keys are looked for and made (default: pki below the data directory)
  tls-cert-file file | serving certificate, with its chain; needs --tls-private-key-file
  tls-private-key-file file | key of the serving certificate
  tls-min-version text | oldest version of TLS that is spoken: VersionTLS12 or VersionTLS13 (default: VersionTLS12)
  tls-cipher-suites list | suites of TLS 1.2 by their IANA names; those of 1.3 are always offered (default: Node's own)
  tls-sni-cert-key texts | certificate,key or certificate,key:name,name: files of a certificate for clients that come by these names, else by its own; *. stands for one label
  cors-allowed-origins list | regular expressions of origins whose pages may ask this server, each pinned to start and end of the host: ^https://example\\.com$ (default: none)
  strict-transport-security-directives list | what browsers are told: max-age=SECONDS, includeSubDomains, preload (default: nothing)
  proxy-client-cert-file file | certificate that proves to extension servers who asks them (default: made)
  proxy-client-key-file file | its key
  client-ca-file file | authorities whose certificates name users (default: our own)
  external-hostname text | a further name in the serving certificate that is made
  token-auth-file file | CSV of bearer tokens: token,user,uid,"group,group"
  anonymous-auth bool | whether requests without credentials are those of system:anonymous (default: true)
  enable-bootstrap-token-auth bool | whether Secrets of type bootstrap.kubernetes.io/token are bearer tokens (default: false)
  authorization-mode list | AlwaysAllow, AlwaysDeny, Node, RBAC, ABAC, Webhook, in the order in which they are asked (default: Node,RBAC)
  authentication-config file | a file with an AuthenticationConfiguration: issuers of tokens, and what is open to anybody; changes take effect while running
  authentication-token-webhook-cache-ttl duration | how long its answers are kept (default: 2m)
  authentication-token-webhook-config-file file | a kubeconfig of the service that is asked whose a token is
  authentication-token-webhook-version text | v1 or v1beta1, of the TokenReview that it gets (default: v1beta1)
  oidc-ca-file file | authorities of the OIDC issuer (default: the machine's)
  oidc-client-id text | the audience that its tokens must name
  oidc-groups-claim text | the claim that names groups
  oidc-groups-prefix text | put before them
  oidc-issuer-url text | https:// URL of the OIDC issuer whose tokens are believed
  oidc-required-claim texts | claim=value that its tokens must have
  oidc-signing-algs list | algorithms that its tokens may be signed by (default: RS256)
  oidc-username-claim text | the claim that names the user (default: sub)
  oidc-username-prefix text | put before it; - for nothing (default: the issuer and #, nothing for email)
  authorization-config file | a file with an AuthorizationConfiguration, instead of --authorization-mode; changes take effect while running
  authorization-policy-file file | policies for the mode ABAC, one a line
  authorization-webhook-cache-authorized-ttl duration | how long its yes is kept (default: 5m)
  authorization-webhook-cache-unauthorized-ttl duration | how long its no is kept (default: 30s)
  authorization-webhook-config-file file | a kubeconfig of the service that the mode Webhook asks
  authorization-webhook-version text | v1 or v1beta1, of the SubjectAccessReview that it gets (default: v1beta1)
  requestheader-client-ca-file file | authorities of the front proxy (default: our own)
  requestheader-allowed-names list | common names that may speak for others; all of the authority's when empty
  api-audiences list | what tokens are good for (default: the issuer)
  service-account-issuer texts | who signs service account tokens; further ones are believed too (default: https://kubernetes.default.svc.cluster.local)
  service-account-key-file files | keys that verify service account tokens besides the signing key
  service-account-signing-key-file file | key that signs service account tokens (default: made in the certificate directory)
  service-account-max-token-expiration duration | the longest life of a requested token
  service-account-extend-token-expiration bool | whether tokens of pods live a year while their readers are old (default: true)
  service-account-jwks-uri text | where the discovery document says that the keys are
  service-cluster-ip-range list | one CIDR, or one for each IP family (default: 10.96.0.0/16)
  service-node-port-range text | first-last, both inclusive (default: 30000-32767)
  admission-control-config-file file | settings of admission steps: an AdmissionConfiguration, and the files that it names
  default-not-ready-toleration-seconds count :300 | seconds that pods stay on a node that is not ready, unless they say otherwise
  default-unreachable-toleration-seconds count :300 | the same of a node that is not heard of
  disable-admission-plugins list | default admission steps to leave out
  enable-admission-plugins list | admission steps to have besides the default ones
  runtime-config list | API versions and resources to switch on and off: group/version[/resource]=true|false, api/all, api/ga, api/beta, api/alpha
  feature-gates list | NAME=true|false, for the gates of kube-apiserver 1.36; those of other components change nothing here
  event-ttl duration | how long events are kept (default: 1h)
  enable-priority-and-fairness bool | whether requests wait by flow schema and priority level for the sum of the two following; else more get 429 (default: true)
  max-requests-inflight count | reading requests served at once (default: 400)
  max-mutating-requests-inflight count | writing requests served at once (default: 200)
  min-request-timeout count | seconds after which watches without a timeout of their own end, up to twice as long (default: 1800)
  request-timeout duration | how long other requests may take (default: 1m)
  kubelet-client-certificate file | certificate for kubelets (default: made)
  kubelet-client-key file | its key
  kubelet-certificate-authority file | authorities of kubelets' certificates (default: our own)
  proxy-allowed-cidrs list | ranges that the /proxy subresources may reach although they are loopback or link-local (ours; default: none)
  kubelet-preferred-address-types list | which of a node's addresses to use, in this order
  etcd-servers list | etcd members to keep everything in, instead of the embedded store
  etcd-cafile file | authorities of their certificates
  etcd-certfile file | our certificate for them
  etcd-keyfile file | its key
  etcd-compaction-interval duration | how long etcd keeps history; 0s: somebody else compacts it (default: 5m)
  storage-media-type text | application/json or application/vnd.kubernetes.protobuf (default: protobuf in etcd, else JSON)
  encryption-provider-config file | a file that says which resources are encrypted at rest, and how
  encryption-provider-config-automatic-reload bool | changes of that file take effect while running (default: false)
  endpoint-reconciler-type text | lease, or none for no endpoints of the kubernetes Service (default: lease)
  shutdown-delay-duration duration | how long requests are still served after being told to end (default: 0s)
  audit-policy-file file | what is recorded about which requests; without it nothing is
  audit-log-path text | file of the audit log, - for standard output; without it nothing is logged
  audit-log-maxage count | days that old log files are kept; 0: however old (default: 0)
  audit-log-maxbackup count | old log files kept; 0: all (default: 0)
  audit-log-maxsize count | MiB of the log before it is renamed; 0: 100 (default: 0)
  audit-log-compress bool | whether old log files are compressed with gzip (default: false)
  audit-log-mode text | batch, blocking or blocking-strict (default: blocking)
  audit-log-batch-buffer-size count | events waiting in batch mode; more are lost (default: 10000)
  audit-log-batch-max-size count | events written at once (default: 1)
  audit-log-batch-max-wait duration | how long an event waits for more (default: 0s)
  audit-log-batch-throttle-enable bool | whether batches are held back (default: false)
  audit-log-batch-throttle-qps text | batches a second (default: 0)
  audit-log-batch-throttle-burst count | batches at once (default: 0)
  audit-log-truncate-enabled bool | whether large events lose their bodies (default: false)
  audit-log-truncate-max-event-size count | bytes (default: 102400)
  audit-log-truncate-max-batch-size count | bytes (default: 10485760)
  audit-webhook-config-file file | kubeconfig of the service that events are posted to
  audit-webhook-initial-backoff duration | before a batch is posted again (default: 10s)
  audit-webhook-mode text | batch, blocking or blocking-strict (default: batch)
  audit-webhook-batch-buffer-size count | events waiting; more are lost (default: 10000)
  audit-webhook-batch-max-size count | events posted at once (default: 400)
  audit-webhook-batch-max-wait duration | how long an event waits for more (default: 30s)
  audit-webhook-batch-throttle-enable bool | whether batches are held back (default: true)
  audit-webhook-batch-throttle-qps text | batches a second (default: 10)
  audit-webhook-batch-throttle-burst count | batches at once (default: 15)
  audit-webhook-truncate-enabled bool | whether large events lose their bodies (default: false)
  audit-webhook-truncate-max-event-size count | bytes (default: 102400)
  audit-webhook-truncate-max-batch-size count | bytes (default: 10485760)
  v count | log verbosity; 4 and more is debug
  logging-format text | text or json (default: text on a terminal, else json)

  allow-privileged bool =true | privileged pods are always allowed; Pod Security levels of namespaces hold them back
  profiling bool =false | there are no pprof endpoints; use Node's own --cpu-prof
  contention-profiling bool =false | there are no pprof endpoints
  enable-garbage-collector bool =true | finalizers of cascading deletion are always set
  enable-aggregator-routing bool =false | extension servers are reached through their Service
  watch-cache bool =true | reads come from the cache
  storage-backend text =etcd3 | the only one upstream too
  etcd-prefix text =/registry | keys lie where other tools look for them
  etcd-count-metric-poll-period duration ! | counts are read when metrics are
  etcd-db-metric-poll-interval duration ! | sizes are read when metrics are
  etcd-healthcheck-timeout duration ! | the store answers for its own health
  etcd-readycheck-timeout duration ! | the store answers for its own health
  etcd-servers-overrides list ! | everything is in one store
  delete-collection-workers count =1 | as many objects at once as share a sync of the store
  http2-max-streams-per-connection count =250 | a fixed limit
  disable-http2-serving bool =false | HTTP/1.1 and HTTP/2 are both offered
  permit-address-sharing bool =false | the port belongs to one process
  permit-port-sharing bool =false | the port belongs to one process
  tls-curve-preferences list ! | Node's own choice of curves is used
  goaway-chance text =0 | connections are not ended at random
  livez-grace-period duration =0s | the server is live as soon as it answers
  shutdown-send-retry-after bool =false | connections are ended instead
  shutdown-watch-termination-grace-period duration =0s | watches end at once and resume elsewhere
  storage-initialization-timeout duration ! | the server starts when its store answers, and not before
  max-connection-bytes-per-sec count =0 | connections are not throttled
  kubelet-port count ! | nodes say their port in their status
  kubelet-read-only-port count ! | kubelets are only spoken to with certificates
  kubelet-timeout duration ! | a fixed limit
  kubernetes-service-node-port count =0 | the kubernetes Service has a cluster IP only
  apiserver-count count ! | servers find each other by leases
  peer-advertise-ip text ! | requests are not passed on to other servers
  peer-advertise-port text ! | requests are not passed on to other servers
  peer-ca-file text ! | requests are not passed on to other servers
  aggregator-reject-forwarding-redirect bool =true | redirects are never followed
  requestheader-username-headers list =X-Remote-User | a fixed header
  requestheader-uid-headers list =X-Remote-Uid | a fixed header
  requestheader-group-headers list =X-Remote-Group | a fixed header
  requestheader-extra-headers-prefix list =X-Remote-Extra- | a fixed header
  service-account-lookup bool =true | tokens of deleted accounts, pods and Secrets are refused
  service-account-signing-endpoint text ! | tokens are signed here; see --service-account-signing-key-file
  admission-control text ! | use --enable-admission-plugins and --disable-admission-plugins
  audit-log-format text =json | one JSON object a line
  audit-log-version text =audit.k8s.io/v1 | the only one upstream too
  audit-webhook-version text =audit.k8s.io/v1 | the only one upstream too
  egress-selector-config-file text ! | nodes and Services are reached directly
  tracing-config-file text ! | there are no traces
  cloud-config text ! | cloud providers run apart
  cloud-provider text ! | cloud providers run apart
  default-watch-cache-size count ! | fixed limits, see docs/limits.md
  watch-cache-sizes list ! | fixed limits, see docs/limits.md
  lease-reuse-duration-seconds count ! | leases are not shared
  coordinated-leadership-lease-duration duration ! | leaders elect themselves
  coordinated-leadership-renew-deadline duration ! | leaders elect themselves
  coordinated-leadership-retry-period duration ! | leaders elect themselves
  debug-socket-path text ! | there are no pprof endpoints
  enable-logs-handler bool =false | logs are not served
  emulated-version list =kube=1.36 | this is v1.36
  emulation-forward-compatible bool =false | this is v1.36
  min-compatibility-version list ! | this is v1.36
  runtime-config-emulation-forward-compatible bool =false | this is v1.36
  allow-metric-labels texts ! | labels of metrics are fixed
  allow-metric-labels-manifest text ! | labels of metrics are fixed
  disabled-metrics list ! | all metrics are served
  show-hidden-metrics-for-version text ! | no metric is hidden
${loggingTable}`

/** Flags of `k8ts server` alone. */
const ownTable = `
  home file | where the cluster lives (default: $K8TS_HOME or /var/lib/k8ts)
  node-name text | this machine's name as a node (default: its host name)
  node-address text | the address other nodes reach it by (default: its first one)
  cloud-provider text | who knows the nodes' machines: local, external (k8ts cloud-controller-manager), none (default: local)
  load-balancer-pool text | addresses for Services of type LoadBalancer (default: 10.97.0.0/24)
`

/** Decided by the home directory and by the cluster that `k8ts server` is a part of. */
const alone: ReadonlySet<string> = new Set([
  ...['data-dir', 'cert-dir', 'advertise-address', 'bind-address', 'secure-port', 'external-hostname'],
  ...[
    'tls-cert-file',
    'tls-private-key-file',
    'client-ca-file',
    'service-cluster-ip-range',
    'endpoint-reconciler-type',
  ],
])

let parsed: ReadonlyMap<string, Flag> | undefined

/** Those of `k8ts apiserver`. */
export function apiServerFlags(): ReadonlyMap<string, Flag> {
  parsed ??= flagsOf(table)
  return parsed
}

/** Those of `k8ts server`. */
export function serverFlags(): ReadonlyMap<string, Flag> {
  return new Map([...[...apiServerFlags()].filter(([name]) => !alone.has(name)), ...flagsOf(ownTable)])
}

/** A table in the form above, by flag. */
export function flagsOf(text: string): ReadonlyMap<string, Flag> {
  return new Map(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map((line) => [line.split(' ', 1)[0] ?? '', parseLine(line)]),
  )
}

function parseLine(line: string): Flag {
  const [left = '', why = ''] = line.split(' | ')
  const [name = '', type = 'text', handling = ''] = left.split(' ')
  const standard = handling.startsWith(':') ? { standard: handling.slice(1) } : {}
  return {
    name,
    type: type as FlagType,
    handling: handling === '!' ? 'refused' : handling.startsWith('=') ? { only: handling.slice(1) } : 'honoured',
    why,
    ...standard,
  }
}
