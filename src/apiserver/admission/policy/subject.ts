/** The request as a policy sees it: its objects in the version that the policy names, and its namespace. */
import { internalError } from '../../../api/errors.ts'
import type { KubeObject, Resource } from '../../../api/meta.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import { isNamespace } from '../matching/selectors.ts'
import type { Subject } from './bindings.ts'
import type { Matcher } from './matching.ts'

export async function subjectOf(
  { objects, equivalents }: Matcher,
  attributes: AdmissionAttributes,
  resource: Resource,
): Promise<Subject> {
  const as = (object: KubeObject | undefined) => equivalents.shown(object, attributes.resource, resource)
  const name = isNamespace(attributes) ? '' : attributes.namespace
  const namespace = name === '' ? undefined : await objects.get(coreV1.namespaces, name)
  if (name !== '' && !namespace) throw internalError(`namespaces "${name}" not found`)
  return { attributes, resource, object: as(attributes.object), oldObject: as(attributes.oldObject), namespace }
}
