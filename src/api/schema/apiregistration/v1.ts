/** apiregistration.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const apiregistrationV1Schema: GroupVersionSchema = {
  key: 'apiregistration/v1',
  group: 'apiregistration.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.kube_aggregator.pkg.apis.apiregistration.v1',
  served: true,
  resources: `
    apiservices apiservice APIService cluster: all; categories api-extensions
      /status APIService: get patch update`,
  columns: `
    apiservices: Name/name, Service, Available, Age`,
  types: {
    APIService: `[kind]
      metadata 1 ObjectMeta
      spec 2 APIServiceSpec
      status 3 APIServiceStatus`,
    APIServiceCondition: `
      type 1 string!
      status 2 string!
      lastTransitionTime 3 time
      reason 4 string
      message 5 string`,
    APIServiceSpec: `
      service 1 *ServiceReference
      group 2 string
      version 3 string
      insecureSkipTLSVerify 4 bool
      caBundle 5 bytes atomic
      groupPriorityMinimum 7 int32!
      versionPriority 8 int32!`,
    APIServiceStatus: `
      conditions 1 []APIServiceCondition map(type) patch=merge(type)`,
    ServiceReference: `
      namespace 1 string
      name 2 string
      port 3 *int32`,
  },
}
