/** The core group v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'
import { containerTypes } from './container.ts'
import { namespaceTypes } from './namespace.ts'
import { nodeTypes } from './node.ts'
import { podTypes } from './pod.ts'
import { serviceTypes } from './service.ts'
import { volumeTypes } from './volume.ts'

export const coreV1Schema: GroupVersionSchema = {
  key: 'core/v1',
  group: '',
  version: 'v1',
  protoPackage: 'k8s.io.api.core.v1',
  served: true,
  resources: `
    bindings binding Binding namespaced: create
    componentstatuses componentstatus ComponentStatus cluster: get list; short cs
    configmaps configmap ConfigMap namespaced: all; short cm
    endpoints endpoints Endpoints namespaced: all; short ep
    events event Event namespaced: all; short ev
    limitranges limitrange LimitRange namespaced: all; short limits
    namespaces namespace Namespace cluster: create delete get list patch update watch; short ns
      /finalize Namespace: update
      /status Namespace: get patch update
    nodes node Node cluster: all; short no
      /proxy NodeProxyOptions: create delete get patch update
      /status Node: get patch update
    persistentvolumeclaims persistentvolumeclaim PersistentVolumeClaim namespaced: all; short pvc
      /status PersistentVolumeClaim: get patch update
    persistentvolumes persistentvolume PersistentVolume cluster: all; short pv
      /status PersistentVolume: get patch update
    pods pod Pod namespaced: all; short po; categories all
      /attach PodAttachOptions: create get
      /binding Binding: create
      /ephemeralcontainers Pod: get patch update
      /eviction policy/v1.Eviction: create
      /exec PodExecOptions: create get
      /log Pod: get
      /portforward PodPortForwardOptions: create get
      /proxy PodProxyOptions: create delete get patch update
      /resize Pod: get patch update
      /status Pod: get patch update
    podtemplates podtemplate PodTemplate namespaced: all
    replicationcontrollers replicationcontroller ReplicationController namespaced: all; short rc; categories all
      /scale autoscaling/v1.Scale: get patch update
      /status ReplicationController: get patch update
    resourcequotas resourcequota ResourceQuota namespaced: all; short quota
      /status ResourceQuota: get patch update
    secrets secret Secret namespaced: all
    serviceaccounts serviceaccount ServiceAccount namespaced: all; short sa
      /token authentication/v1.TokenRequest: create
    services service Service namespaced: all; short svc; categories all
      /proxy ServiceProxyOptions: create delete get patch update
      /status Service: get patch update`,
  columns: `
    componentstatuses: Name/name, Status, Message, Error
    configmaps: Name/name, Data, Age
    endpoints: Name/name, Endpoints, Age
    events: Last Seen, Type, Reason, Object, Subobject*, Source*, Message, First Seen*, Count*, Name/name*
    limitranges: Name/name, Created At:date
    namespaces: Name/name, Status, Age
    nodes: Name/name, Status, Roles, Age, Version, Internal-IP*, External-IP*, OS-Image*, Kernel-Version*, Container-Runtime*
    persistentvolumeclaims: Name/name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, VolumeMode*
    persistentvolumes: Name/name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age, VolumeMode*
    pods: Name/name, Ready, Status, Restarts, Age, IP*, Node*, Nominated Node*, Readiness Gates*
    podtemplates: Name/name, Containers, Images, Pod Labels
    replicationcontrollers: Name/name, Desired:integer, Current:integer, Ready:integer, Age, Containers*, Images*, Selector*
    resourcequotas: Name/name, Request, Limit, Age
    secrets: Name/name, Type, Data, Age
    serviceaccounts: Name/name, Age
    services: Name/name, Type, Cluster-IP, External-IP, Port(s), Age, Selector*`,
  types: { ...containerTypes, ...namespaceTypes, ...nodeTypes, ...podTypes, ...serviceTypes, ...volumeTypes },
}
