import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownControllers } from './names.ts'

/** `name alias`, `-` without one; `off`: not by default; `gate`: behind a feature gate. Source: kube-controller-manager --help, v1.36. */
const upstream = `
bootstrap-signer-controller bootstrapsigner off
certificatesigningrequest-approving-controller csrapproving
certificatesigningrequest-cleaner-controller csrcleaner
certificatesigningrequest-signing-controller csrsigning
cloud-node-lifecycle-controller cloud-node-lifecycle
clusterrole-aggregation-controller clusterrole-aggregation
cronjob-controller cronjob
daemonset-controller daemonset
deployment-controller deployment
device-taint-eviction-controller - gate
disruption-controller disruption
endpoints-controller endpoint
endpointslice-controller endpointslice
endpointslice-mirroring-controller endpointslicemirroring
ephemeral-volume-controller ephemeral-volume
garbage-collector-controller garbagecollector
horizontal-pod-autoscaler-controller horizontalpodautoscaling
job-controller job
kube-apiserver-serving-clustertrustbundle-publisher-controller - gate
legacy-serviceaccount-token-cleaner-controller legacy-service-account-token-cleaner
namespace-controller namespace
node-ipam-controller nodeipam
node-lifecycle-controller nodelifecycle
node-route-controller route
persistentvolume-attach-detach-controller attachdetach
persistentvolume-binder-controller persistentvolume-binder
persistentvolume-expander-controller persistentvolume-expander
persistentvolume-protection-controller pv-protection
persistentvolumeclaim-protection-controller pvc-protection
pod-garbage-collector-controller podgc
podcertificaterequest-cleaner-controller - gate
podgroup-protection-controller - gate
replicaset-controller replicaset
replicationcontroller-controller replicationcontroller
resourceclaim-controller resource-claim-controller
resourcepoolstatusrequest-controller - gate
resourcequota-controller resourcequota
root-ca-certificate-publisher-controller root-ca-cert-publisher
selinux-warning-controller - off
service-cidr-controller -
service-lb-controller service
serviceaccount-controller serviceaccount
serviceaccount-token-controller serviceaccount-token
statefulset-controller statefulset
storage-version-migrator-controller svm gate
storageversion-garbage-collector-controller storage-version-gc gate
taint-eviction-controller -
token-cleaner-controller tokencleaner off
ttl-after-finished-controller ttl-after-finished
ttl-controller ttl
validatingadmissionpolicy-status-controller -
volumeattributesclass-protection-controller -
`
  .trim()
  .split('\n')

test('knownControllers has every controller of upstream with its alias, and knows which are off', () => {
  const ours = knownControllers.map(({ name, aliases, offByDefault, gates }) =>
    [name, aliases[0] ?? '-', ...(offByDefault ? ['off'] : []), ...(gates.length > 0 ? ['gate'] : [])].join(' '),
  )
  assert.deepEqual(ours.sort(), [...upstream].sort())
})

test('each known controller is run by one of ours, or says why not', () => {
  for (const { name, ours, why } of knownControllers) assert.equal(ours.length === 0, why !== undefined, name)
})
