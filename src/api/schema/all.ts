/** Every group version that the system knows, by name. */
import { admissionV1Schema } from './admission/v1.ts'
import { admissionregistrationV1Schema } from './admissionregistration/v1.ts'
import { admissionregistrationV1alpha1Schema } from './admissionregistration/v1alpha1.ts'
import { admissionregistrationV1beta1Schema } from './admissionregistration/v1beta1.ts'
import { apidiscoveryV2Schema } from './apidiscovery/v2.ts'
import { apiextensionsV1Schema } from './apiextensions/v1.ts'
import { apiregistrationV1Schema } from './apiregistration/v1.ts'
import { appsV1Schema } from './apps/v1.ts'
import { authenticationV1Schema } from './authentication/v1.ts'
import { authorizationV1Schema } from './authorization/v1.ts'
import { autoscalingV1Schema } from './autoscaling/v1.ts'
import { autoscalingV2Schema } from './autoscaling/v2.ts'
import { batchV1Schema } from './batch/v1.ts'
import { certificatesV1Schema } from './certificates/v1.ts'
import { certificatesV1alpha1Schema } from './certificates/v1alpha1.ts'
import { certificatesV1beta1Schema } from './certificates/v1beta1.ts'
import { coordinationV1Schema } from './coordination/v1.ts'
import { coordinationV1alpha2Schema } from './coordination/v1alpha2.ts'
import { coordinationV1beta1Schema } from './coordination/v1beta1.ts'
import { coreV1Schema } from './core/v1.ts'
import { discoveryV1Schema } from './discovery/v1.ts'
import { eventsV1Schema } from './events/v1.ts'
import { flowcontrolV1Schema } from './flowcontrol/v1.ts'
import { metaV1Schema } from './meta/v1.ts'
import { metricsV1beta1Schema } from './metrics/v1beta1.ts'
import { networkingV1Schema } from './networking/v1.ts'
import { networkingV1beta1Schema } from './networking/v1beta1.ts'
import { nodeV1Schema } from './node/v1.ts'
import { policyV1Schema } from './policy/v1.ts'
import { rbacV1Schema } from './rbac/v1.ts'
import { resourceV1Schema } from './resource/v1.ts'
import { resourceV1alpha3Schema } from './resource/v1alpha3.ts'
import { resourceV1beta1Schema } from './resource/v1beta1.ts'
import { resourceV1beta2Schema } from './resource/v1beta2.ts'
import { schedulingV1Schema } from './scheduling/v1.ts'
import { schedulingV1alpha2Schema } from './scheduling/v1alpha2.ts'
import type { GroupVersionSchema } from './schema.ts'
import { storageV1Schema } from './storage/v1.ts'
import { storageV1beta1Schema } from './storage/v1beta1.ts'
import { storagemigrationV1beta1Schema } from './storagemigration/v1beta1.ts'

export const groupVersionSchemas: readonly GroupVersionSchema[] = [
  admissionV1Schema,
  admissionregistrationV1Schema,
  admissionregistrationV1alpha1Schema,
  admissionregistrationV1beta1Schema,
  apidiscoveryV2Schema,
  apiextensionsV1Schema,
  apiregistrationV1Schema,
  appsV1Schema,
  authenticationV1Schema,
  authorizationV1Schema,
  autoscalingV1Schema,
  autoscalingV2Schema,
  batchV1Schema,
  certificatesV1Schema,
  certificatesV1alpha1Schema,
  certificatesV1beta1Schema,
  coordinationV1Schema,
  coordinationV1alpha2Schema,
  coordinationV1beta1Schema,
  coreV1Schema,
  discoveryV1Schema,
  eventsV1Schema,
  flowcontrolV1Schema,
  metaV1Schema,
  metricsV1beta1Schema,
  networkingV1Schema,
  networkingV1beta1Schema,
  nodeV1Schema,
  policyV1Schema,
  rbacV1Schema,
  resourceV1Schema,
  resourceV1alpha3Schema,
  resourceV1beta1Schema,
  resourceV1beta2Schema,
  schedulingV1Schema,
  schedulingV1alpha2Schema,
  storageV1Schema,
  storageV1beta1Schema,
  storagemigrationV1beta1Schema,
]
