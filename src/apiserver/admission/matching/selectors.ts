/** Whether the labels of a request's namespace and object are those that a policy or webhook asks for. */
import { notFound } from '../../../api/errors.ts'
import type { KubeObject } from '../../../api/meta.ts'
import { coreV1 } from '../../../api/resources.ts'
import { matchesLabelSelector } from '../../../api/selectors/label.ts'
import type { LabelSelector } from '../../../api/types/meta/v1.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { Objects } from '../../objects.ts'

function isEmpty(selector: LabelSelector | undefined): boolean {
  if (!selector) return true
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0
}

export function isNamespace({ resource }: AdmissionAttributes): boolean {
  return resource.group === '' && resource.plural === 'namespaces'
}

/** What is in no namespace is never left out. Throws the 404 of a namespace that does not exist. */
export async function matchesNamespace(
  objects: Objects,
  selector: LabelSelector | undefined,
  attributes: AdmissionAttributes,
): Promise<boolean> {
  if (isEmpty(selector)) return true
  if (attributes.namespace === '' && !isNamespace(attributes)) return true
  return matchesLabelSelector(selector, await namespaceLabels(objects, attributes))
}

async function namespaceLabels(objects: Objects, attributes: AdmissionAttributes) {
  const { operation, subresource, object, name, namespace } = attributes
  if (isNamespace(attributes) && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'))
    return object?.metadata.labels
  const wanted = isNamespace(attributes) ? name : namespace
  const found = await objects.get(coreV1.namespaces, wanted)
  if (!found) throw notFound(coreV1.namespaces, wanted)
  return found.metadata.labels
}

/** The new object's labels or the old one's. */
export function matchesObject(
  selector: LabelSelector | undefined,
  { object, oldObject }: AdmissionAttributes,
): boolean {
  if (isEmpty(selector)) return true
  const has = (one: KubeObject | undefined) => one !== undefined && matchesLabelSelector(selector, one.metadata?.labels)
  return has(object) || has(oldObject)
}
