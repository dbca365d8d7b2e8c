/** Who has the default roles, and the few roles of the system namespaces, in the notation of `rbac-notation.ts`. */

export const defaultClusterRoleBindings = `
cluster-admin cluster-admin group:system:masters
system:basic-user system:basic-user group:system:authenticated
system:cluster-trust-bundle-discovery system:cluster-trust-bundle-discovery group:system:serviceaccounts if:ClusterTrustBundle
system:controller:attachdetach-controller system:controller:attachdetach-controller account:kube-system/attachdetach-controller
system:controller:certificate-controller system:controller:certificate-controller account:kube-system/certificate-controller
system:controller:clusterrole-aggregation-controller system:controller:clusterrole-aggregation-controller account:kube-system/clusterrole-aggregation-controller
system:controller:cronjob-controller system:controller:cronjob-controller account:kube-system/cronjob-controller
system:controller:daemon-set-controller system:controller:daemon-set-controller account:kube-system/daemon-set-controller
system:controller:deployment-controller system:controller:deployment-controller account:kube-system/deployment-controller
system:controller:device-taint-eviction-controller system:controller:device-taint-eviction-controller account:kube-system/device-taint-eviction-controller if:DRADeviceTaints
system:controller:disruption-controller system:controller:disruption-controller account:kube-system/disruption-controller
system:controller:endpoint-controller system:controller:endpoint-controller account:kube-system/endpoint-controller
system:controller:endpointslice-controller system:controller:endpointslice-controller account:kube-system/endpointslice-controller
system:controller:endpointslicemirroring-controller system:controller:endpointslicemirroring-controller account:kube-system/endpointslicemirroring-controller
system:controller:ephemeral-volume-controller system:controller:ephemeral-volume-controller account:kube-system/ephemeral-volume-controller
system:controller:expand-controller system:controller:expand-controller account:kube-system/expand-controller
system:controller:generic-garbage-collector system:controller:generic-garbage-collector account:kube-system/generic-garbage-collector
system:controller:horizontal-pod-autoscaler system:controller:horizontal-pod-autoscaler account:kube-system/horizontal-pod-autoscaler
system:controller:job-controller system:controller:job-controller account:kube-system/job-controller
system:controller:kube-apiserver-serving-clustertrustbundle-publisher system:controller:kube-apiserver-serving-clustertrustbundle-publisher account:kube-system/kube-apiserver-serving-clustertrustbundle-publisher if:ClusterTrustBundle
system:controller:legacy-service-account-token-cleaner system:controller:legacy-service-account-token-cleaner account:kube-system/legacy-service-account-token-cleaner
system:controller:namespace-controller system:controller:namespace-controller account:kube-system/namespace-controller
system:controller:node-controller system:controller:node-controller account:kube-system/node-controller
system:controller:persistent-volume-binder system:controller:persistent-volume-binder account:kube-system/persistent-volume-binder
system:controller:pod-garbage-collector system:controller:pod-garbage-collector account:kube-system/pod-garbage-collector
system:controller:podcertificaterequestcleaner system:controller:podcertificaterequestcleaner account:kube-system/podcertificaterequestcleaner if:PodCertificateRequest
system:controller:podgroup-protection-controller system:controller:podgroup-protection-controller account:kube-system/podgroup-protection-controller if:GenericWorkload
system:controller:pv-protection-controller system:controller:pv-protection-controller account:kube-system/pv-protection-controller
system:controller:pvc-protection-controller system:controller:pvc-protection-controller account:kube-system/pvc-protection-controller
system:controller:replicaset-controller system:controller:replicaset-controller account:kube-system/replicaset-controller
system:controller:replication-controller system:controller:replication-controller account:kube-system/replication-controller
system:controller:resource-claim-controller system:controller:resource-claim-controller account:kube-system/resource-claim-controller
system:controller:resourcepoolstatusrequest-controller system:controller:resourcepoolstatusrequest-controller account:kube-system/resourcepoolstatusrequest-controller if:DRAResourcePoolStatus
system:controller:resourcequota-controller system:controller:resourcequota-controller account:kube-system/resourcequota-controller
system:controller:root-ca-cert-publisher system:controller:root-ca-cert-publisher account:kube-system/root-ca-cert-publisher
system:controller:route-controller system:controller:route-controller account:kube-system/route-controller
system:controller:selinux-warning-controller system:controller:selinux-warning-controller account:kube-system/selinux-warning-controller
system:controller:service-account-controller system:controller:service-account-controller account:kube-system/service-account-controller
system:controller:service-cidrs-controller system:controller:service-cidrs-controller account:kube-system/service-cidrs-controller
system:controller:service-controller system:controller:service-controller account:kube-system/service-controller
system:controller:statefulset-controller system:controller:statefulset-controller account:kube-system/statefulset-controller
system:controller:storage-version-garbage-collector system:controller:storage-version-garbage-collector account:kube-system/storage-version-garbage-collector if:StorageVersionAPI,APIServerIdentity
system:controller:storage-version-migrator-controller system:controller:storage-version-migrator-controller account:kube-system/storage-version-migrator-controller if:StorageVersionMigrator
system:controller:ttl-after-finished-controller system:controller:ttl-after-finished-controller account:kube-system/ttl-after-finished-controller
system:controller:ttl-controller system:controller:ttl-controller account:kube-system/ttl-controller
system:controller:validatingadmissionpolicy-status-controller system:controller:validatingadmissionpolicy-status-controller account:kube-system/validatingadmissionpolicy-status-controller
system:controller:volumeattributesclass-protection-controller system:controller:volumeattributesclass-protection-controller account:kube-system/volumeattributesclass-protection-controller
system:discovery system:discovery group:system:authenticated
system:kube-controller-manager system:kube-controller-manager user:system:kube-controller-manager
system:kube-dns system:kube-dns account:kube-system/kube-dns
system:kube-scheduler system:kube-scheduler user:system:kube-scheduler
system:monitoring system:monitoring group:system:monitoring
system:node system:node
system:node-proxier system:node-proxier user:system:kube-proxy
system:public-info-viewer system:public-info-viewer group:system:authenticated group:system:unauthenticated
system:service-account-issuer-discovery system:service-account-issuer-discovery group:system:serviceaccounts
system:volume-scheduler system:volume-scheduler user:system:kube-scheduler
`

export const defaultRoles = `
kube-public/system:controller:bootstrap-signer
  get,list,watch core configmaps
  update core configmaps cluster-info
  create,patch,update core,events.k8s.io events
kube-system/extension-apiserver-authentication-reader
  get,list,watch core configmaps extension-apiserver-authentication
kube-system/system::leader-locking-kube-controller-manager
  create,get,list,update,watch coordination.k8s.io leases
  create,get,list,update,watch coordination.k8s.io leasecandidates
kube-system/system::leader-locking-kube-scheduler
  create,get,list,update,watch coordination.k8s.io leases
  create,get,list,update,watch coordination.k8s.io leasecandidates
kube-system/system:controller:bootstrap-signer
  get,list,watch core secrets
kube-system/system:controller:cloud-provider
  create,get,list,watch core configmaps
kube-system/system:controller:token-cleaner
  delete,get,list,watch core secrets
  create,patch,update core,events.k8s.io events
`

export const defaultRoleBindings = `
kube-public/system:controller:bootstrap-signer system:controller:bootstrap-signer account:kube-system/bootstrap-signer
kube-system/system::extension-apiserver-authentication-reader extension-apiserver-authentication-reader user:system:kube-controller-manager user:system:kube-scheduler
kube-system/system::leader-locking-kube-controller-manager system::leader-locking-kube-controller-manager user:system:kube-controller-manager account:kube-system/kube-controller-manager account:kube-system/leader-election-controller
kube-system/system::leader-locking-kube-scheduler system::leader-locking-kube-scheduler user:system:kube-scheduler account:kube-system/kube-scheduler
kube-system/system:controller:bootstrap-signer system:controller:bootstrap-signer account:kube-system/bootstrap-signer
kube-system/system:controller:cloud-provider system:controller:cloud-provider account:kube-system/cloud-provider
kube-system/system:controller:token-cleaner system:controller:token-cleaner account:kube-system/token-cleaner
`
