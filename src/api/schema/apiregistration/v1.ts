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
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 APIServiceSpec | What is wanted.
      status 3 APIServiceStatus | What was last observed; written by the system.`,
    APIServiceCondition: `
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
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
