/** What expressions of policies and match conditions may name. Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-expression */
import {
  boolType,
  type CelType,
  dynType,
  type Environment,
  intType,
  listType,
  mapType,
  objectType,
  opaqueType,
  stringType,
  timestampType,
} from '../../cel/index.ts'

const strings = listType(stringType)
const kindType = objectType('kubernetes.GroupVersionKind', { group: stringType, version: stringType, kind: stringType })
const resourceType = objectType('kubernetes.GroupVersionResource', {
  group: stringType,
  version: stringType,
  resource: stringType,
})
const userType = objectType('kubernetes.UserInfo', {
  username: stringType,
  uid: stringType,
  groups: strings,
  extra: mapType(stringType, strings),
})

export const requestType = objectType('kubernetes.AdmissionRequest', {
  kind: kindType,
  resource: resourceType,
  subResource: stringType,
  requestKind: kindType,
  requestResource: resourceType,
  requestSubResource: stringType,
  name: stringType,
  namespace: stringType,
  operation: stringType,
  userInfo: userType,
  dryRun: boolType,
  options: dynType,
})

const namespaceMetadata = objectType('kubernetes.NamespaceMetadata', {
  name: stringType,
  generateName: stringType,
  namespace: stringType,
  labels: mapType(stringType, stringType),
  annotations: mapType(stringType, stringType),
  UID: stringType,
  creationTimestamp: timestampType,
  deletionGracePeriodSeconds: intType,
  deletionTimestamp: timestampType,
  generation: intType,
  resourceVersion: stringType,
  finalizers: strings,
})
const namespaceCondition = objectType('kubernetes.NamespaceCondition', {
  status: stringType,
  type: stringType,
  lastTransitionTime: timestampType,
  message: stringType,
  reason: stringType,
})
export const namespaceType = objectType('kubernetes.Namespace', {
  metadata: namespaceMetadata,
  spec: objectType('kubernetes.NamespaceSpec', { finalizers: strings }),
  status: objectType('kubernetes.NamespaceStatus', { conditions: listType(namespaceCondition), phase: stringType }),
})

export interface VariableOptions {
  readonly hasParams: boolean
  readonly hasAuthorizer: boolean
  /** `Object{…}` and `JSONPatch{…}` may be made. */
  readonly hasPatchTypes?: boolean
  /** Types of `variables`, where the policy has any. */
  readonly variables?: CelType
  /** Types of object and oldObject, for the type check; dyn when absent. */
  readonly object?: CelType
  readonly params?: CelType
}

/** A new environment: keep it as long as its programs are needed. */
export function policyEnvironment(options: VariableOptions): Environment {
  const { hasParams, hasAuthorizer, hasPatchTypes, variables, object = dynType, params = dynType } = options
  const types: [string, CelType][] = [
    ['object', object],
    ['oldObject', object],
    ['namespaceObject', namespaceType],
    ['request', requestType],
  ]
  if (hasParams) types.push(['params', params])
  if (hasAuthorizer) {
    types.push(['authorizer', opaqueType('kubernetes.authorization.Authorizer')])
    types.push(['authorizer.requestResource', opaqueType('kubernetes.authorization.ResourceCheck')])
  }
  if (variables) types.push(['variables', variables])
  const environment = { variables: new Map(types) }
  return hasPatchTypes ? { ...environment, constructible: patchType, extra: ['jsonpatch'] } : environment
}

const jsonPatchType = objectType('JSONPatch', { op: stringType, path: stringType, from: stringType, value: dynType })

/** `Object`, and `Object.spec` for what stands at `spec`; fields are not known before they meet an object. */
function patchType(name: string): CelType | undefined {
  if (name === 'JSONPatch') return jsonPatchType
  return name === 'Object' || name.startsWith('Object.') ? { ...objectType(name, {}), open: true } : undefined
}

const sharedEnvironments = new Map<string, Environment>()

/** For expressions without `variables`; the same object for the same options. */
export function plainEnvironment(hasParams: boolean, hasAuthorizer: boolean): Environment {
  const key = `${hasParams} ${hasAuthorizer}`
  const known = sharedEnvironments.get(key) ?? policyEnvironment({ hasParams, hasAuthorizer })
  sharedEnvironments.set(key, known)
  return known
}
