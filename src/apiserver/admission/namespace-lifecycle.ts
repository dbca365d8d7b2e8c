/** Nothing is created in a namespace that does not exist or is going away, and three namespaces stay for good. */
import { forbidden, notFound } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import { whenKnown } from '../../platform/turn.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { Objects } from '../objects.ts'
import { type AdmissionPlugin, forbid } from './plugin.ts'

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])

export function namespaceLifecycle(objects: Objects): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    mutate(attributes) {
      const { operation, resource, namespace, name } = attributes
      if (isNamespace(attributes)) {
        if (operation === 'DELETE' && immortal.has(name))
          throw forbidden(resource, name, 'this namespace may not be deleted')
        return undefined
      }
      if (namespace === '' || operation === 'DELETE' || isAccessReview(attributes)) return undefined
      return whenKnown(objects.get(coreV1.namespaces, namespace), (found) => {
        if (!found) throw notFound(coreV1.namespaces, namespace)
        if (operation === 'CREATE' && found.status?.phase === 'Terminating') throw terminating(attributes)
      })
    },
  }
}

function terminating(attributes: AdmissionAttributes) {
  const { namespace } = attributes
  const error = forbid(
    attributes,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  error.status.details = { ...error.status.details, causes: [cause] }
  return error
}

function isNamespace({ resource }: AdmissionAttributes): boolean {
  return resource.group === '' && resource.plural === 'namespaces'
}

function isAccessReview({ resource }: AdmissionAttributes): boolean {
  return resource.group === 'authorization.k8s.io' && resource.plural === 'localsubjectaccessreviews'
}
