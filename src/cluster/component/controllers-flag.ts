/** Controllers by upstream's names: `--controllers` and `--concurrent-*-syncs` in the words of kube-controller-manager. */
import { FlagError, type Flags } from '../apiserver/flags.ts'

/** Upstream's name and older alias by ours, where they differ from ours with `-controller`. */
const names: Readonly<Record<string, readonly string[]>> = {
  cronjob: ['cronjob-controller'],
  'bootstrap-signer': ['bootstrap-signer-controller', 'bootstrapsigner'],
  'certificatesigningrequest-approving': ['certificatesigningrequest-approving-controller', 'csrapproving'],
  'certificatesigningrequest-cleaner': ['certificatesigningrequest-cleaner-controller', 'csrcleaner'],
  'certificatesigningrequest-signing': ['certificatesigningrequest-signing-controller', 'csrsigning'],
  'token-cleaner': ['token-cleaner-controller', 'tokencleaner'],
  disruption: ['disruption-controller'],
  'stale-pod-disruption': ['disruption-controller', 'disruption'],
  endpoints: ['endpoints-controller', 'endpoint'],
  'garbage-collector': ['garbage-collector-controller', 'garbagecollector'],
  'horizontal-pod-autoscaler': ['horizontal-pod-autoscaler-controller', 'horizontalpodautoscaling'],
  'node-ipam': ['node-ipam-controller', 'nodeipam'],
  'node-lifecycle': ['node-lifecycle-controller', 'nodelifecycle'],
  'taint-eviction': ['taint-eviction-controller'],
  'persistentvolume-binder': ['persistentvolume-binder-controller', 'persistentvolume-binder'],
  'persistentvolume-protection': ['persistentvolume-protection-controller', 'pv-protection'],
  'persistentvolumeclaim-protection': ['persistentvolumeclaim-protection-controller', 'pvc-protection'],
  'pod-garbage-collector': ['pod-garbage-collector-controller', 'podgc'],
  'resourcequota-controller': ['resourcequota'],
  'root-ca-certificate-publisher': ['root-ca-certificate-publisher-controller', 'root-ca-cert-publisher'],
  serviceaccount: ['serviceaccount-controller'],
  'ttl-after-finished': ['ttl-after-finished-controller'],
  'clusterrole-aggregation-controller': ['clusterrole-aggregation', 'clusterrole-aggregation-controller'],
}

/** Run where they are named only. Source: kube-controller-manager's controllers that are off by default. */
const offByDefault: ReadonlySet<string> = new Set(['bootstrap-signer', 'token-cleaner'])

/** Ours by flag. */
const concurrency: Readonly<Record<string, readonly string[]>> = {
  'concurrent-cron-job-syncs': ['cronjob'],
  'concurrent-daemonset-syncs': ['daemonset'],
  'concurrent-deployment-syncs': ['deployment'],
  'concurrent-endpoint-syncs': ['endpoints'],
  'concurrent-gc-syncs': ['garbage-collector'],
  'concurrent-horizontal-pod-autoscaler-syncs': ['horizontal-pod-autoscaler'],
  'concurrent-job-syncs': ['job'],
  'concurrent-namespace-syncs': ['namespace'],
  'concurrent-rc-syncs': ['replicationcontroller'],
  'concurrent-replicaset-syncs': ['replicaset'],
  'concurrent-resource-quota-syncs': ['resourcequota-controller'],
  'concurrent-service-endpoint-syncs': ['endpointslice'],
  'concurrent-serviceaccount-token-syncs': ['serviceaccount'],
  'concurrent-statefulset-syncs': ['statefulset'],
  'concurrent-ttl-after-finished-syncs': ['ttl-after-finished'],
  'mirroring-concurrent-service-endpoint-syncs': ['endpointslice-mirroring'],
}

/** Whether the controller of our name runs. The first word that names it decides; otherwise `*` does. */
export function runsBy(flags: Flags): (name: string) => boolean {
  const words = flags.has('controllers') ? flags.list('controllers') : ['*']
  for (const word of words) {
    if (!/^(\*|-?[a-z][a-z0-9-]*)$/.test(word)) throw new FlagError(`--controllers: ${JSON.stringify(word)} is no name`)
  }
  return (name) => {
    const known = new Set([name, `${name}-controller`, ...(names[name] ?? [])])
    for (const word of words) {
      if (known.has(word)) return true
      if (word.startsWith('-') && known.has(word.slice(1))) return false
    }
    return words.includes('*') && !offByDefault.has(name)
  }
}

export function workersBy(flags: Flags): (name: string) => number | undefined {
  const workers = new Map<string, number>()
  for (const [flag, controllers] of Object.entries(concurrency)) {
    const count = flags.count(flag)
    if (count === undefined) continue
    if (count < 1) throw new FlagError(`--${flag} must be at least 1`)
    for (const name of controllers) workers.set(name, count)
  }
  return (name) => workers.get(name)
}
