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
    APIService: `[kind] A group version, and the server that serves it.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 APIServiceSpec | What is wanted.
      status 3 APIServiceStatus | What was last observed; written by the system.`,
    APIServiceCondition: `One aspect of its state, such as Available.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    APIServiceSpec: `Which group version, which server.
      service 1 *ServiceReference | The server; absent for this one.
      group 2 string | The group.
      version 3 string | The version.
      insecureSkipTLSVerify 4 bool | Do not verify the server's certificate.
      caBundle 5 bytes atomic | Roots that its certificate must go back to, as PEM.
      groupPriorityMinimum 7 int32! | Groups with a higher number come first.
      versionPriority 8 int32! | Versions with a higher number come first.`,
    APIServiceStatus: `What is known of the server.
      conditions 1 []APIServiceCondition map(type) patch=merge(type) | Aspects of the state.`,
    ServiceReference: `A Service that is called over HTTPS.
      namespace 1 string | Its namespace.
      name 2 string | Its name.
      port 3 *int32 | Its port; 443 when absent.`,
  },
}
