/** Gives every namespace its `default` ServiceAccount. https://kubernetes.io/docs/concepts/security/service-accounts/ */
import { ApiError } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'

const name = 'default'

export function serviceAccountController(parts: ControllerParts): Controller {
  const namespaces = parts.informers.of(coreV1.namespaces)
  const accounts = parts.informers.of(coreV1.serviceAccounts)
  return {
    name: 'serviceaccount',
    sources: [
      source(namespaces, ({ object }) => [object.metadata.name ?? '']),
      source(accounts, ({ type, object }) =>
        type === 'deleted' && object.metadata.name === name ? [object.metadata.namespace ?? ''] : [],
      ),
    ],
    async reconcile(namespace) {
      const active =
        namespaces.get(namespace)?.status?.phase !== 'Terminating' && namespaces.get(namespace) !== undefined
      if (!active || accounts.get(`${namespace}/${name}`)) return done
      const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }
      try {
        await parts.client.of(coreV1.serviceAccounts, namespace).create(account)
      } catch (error) {
        if (!isSettled(error)) throw error
      }
      return done
    },
  }
}

/** Someone else made it, or the namespace is on its way out. */
function isSettled(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  return (
    error.reason === 'AlreadyExists' || error.reason === 'NotFound' || error.message.includes('is being terminated')
  )
}
