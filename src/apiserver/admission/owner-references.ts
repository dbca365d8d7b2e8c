/**
 * Who sets an owner decides when an object goes: they must be allowed to delete it, and, to hold the owner back, to
 * write the owner's finalizers.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#ownerreferencespermissionenforcement
 */
import type { KubeObject } from '../../api/meta.ts'
import type { OwnerReference } from '../../api/types/meta/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { DecidingAuthorizer, Decision } from '../authorization/decision.ts'
import type { AuthorizationAttributes } from '../authorize.ts'
import { semanticEqual } from '../registry/validation/equal.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { type AdmissionPlugin, forbid } from './plugin.ts'

export interface OwnerReferenceParts {
  authorizer: DecidingAuthorizer
  scheme: Pick<Scheme, 'resourcesOf'>
}

export function ownerReferencesPermissionEnforcement(parts: OwnerReferenceParts): AdmissionPlugin {
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    async validate(attributes) {
      const { object, oldObject, operation, resource, subresource } = attributes
      if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return
      // Its strategy keeps owners as they are.
      if (resource.group === '' && resource.plural === 'pods' && subresource === 'status') return
      if (semanticEqual(ownersOf(object), ownersOf(oldObject))) return
      const refused = await mayDelete(parts, attributes)
      if (refused) throw forbid(attributes, `cannot set an ownerRef on a resource you can't delete: ${refused}`)
      for (const owner of newlyBlocking(object, oldObject)) await checkBlocking(parts, attributes, owner)
    },
  }
}

function ownersOf(object: KubeObject | undefined): readonly OwnerReference[] {
  return object?.metadata?.ownerReferences ?? []
}

function newlyBlocking(object: KubeObject, oldObject: KubeObject | undefined): OwnerReference[] {
  const blocking = new Set(
    ownersOf(oldObject)
      .filter(({ blockOwnerDeletion }) => blockOwnerDeletion)
      .map(({ uid }) => uid),
  )
  return ownersOf(object).filter(({ blockOwnerDeletion, uid }) => blockOwnerDeletion && !blocking.has(uid))
}

/** The reason why not; undefined when they may. */
async function mayDelete({ authorizer }: OwnerReferenceParts, attributes: AdmissionAttributes) {
  const { resource, subresource, namespace, name } = attributes
  const { group, version, plural } = resource
  return refusalOf(
    await authorizer.decide({
      ...request(attributes, 'delete', { group, version }),
      ...{ resource: plural, subresource, namespace, name },
    }),
  )
}

async function checkBlocking(
  { authorizer, scheme }: OwnerReferenceParts,
  attributes: AdmissionAttributes,
  owner: OwnerReference,
): Promise<void> {
  const [group, version] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : ['', owner.apiVersion]
  const resources = [...scheme.resourcesOf(group ?? '', version ?? '')]
    .map(({ resource }) => resource)
    .filter(({ kind }) => kind === owner.kind)
  if (resources.length === 0) {
    throw forbid(
      attributes,
      `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${owner.apiVersion} Kind ${owner.kind}: no matches for kind ${JSON.stringify(owner.kind)} in version ${JSON.stringify(owner.apiVersion)}`,
    )
  }
  for (const { plural, namespaced } of resources) {
    const refused = refusalOf(
      await authorizer.decide({
        ...request(attributes, 'update', { group: group ?? '', version: version ?? '' }),
        ...{ resource: plural, subresource: 'finalizers', name: owner.name },
        namespace: namespaced ? attributes.namespace : '',
      }),
    )
    if (!refused) continue
    throw forbid(
      attributes,
      `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${refused}`,
    )
  }
}

function request(
  { user }: AdmissionAttributes,
  verb: string,
  { group, version }: { group: string; version: string },
): Pick<AuthorizationAttributes, 'user' | 'verb' | 'isResourceRequest' | 'apiGroup' | 'apiVersion' | 'path'> {
  return { user, verb, isResourceRequest: true, apiGroup: group, apiVersion: version, path: '' }
}

/** As Go prints a reason and an error that may both be empty. */
function refusalOf({ kind, reason, error }: Decision): string | undefined {
  return kind === 'allow' ? undefined : `${reason}, ${error ?? '<nil>'}`
}
