/** What the variables of a policy's expressions stand for on one request. */
import { apiVersionOf, type KubeObject, type Resource } from '../../../api/meta.ts'
import type { Namespace } from '../../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { DecidingAuthorizer, Decision } from '../../authorization/decision.ts'
import { type Access, type AccessCheck, type Binding, Check, toCel } from '../../cel/index.ts'
import type { UserInfo } from '../../request.ts'
import { namespaceType, requestType } from './environments.ts'
import { Unanswered } from './run.ts'

export interface Subject {
  readonly attributes: AdmissionAttributes
  /** As what the policy sees the request. */
  readonly resource: Resource
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  /** Undefined for what is in none. */
  readonly namespace: Namespace | undefined
  readonly params?: KubeObject | undefined
}

export function bindingsOf(subject: Subject, authorizer: DecidingAuthorizer): [string, Binding][] {
  const { attributes, resource, object, oldObject, namespace, params } = subject
  const access = accessOf(authorizer, attributes.user)
  const { subresource, name } = attributes
  return [
    ['object', () => toCel(withKind(object, resource))],
    ['oldObject', () => toCel(withKind(oldObject, resource))],
    ['request', () => toCel(requestOf(attributes, resource, object ?? oldObject), requestType)],
    ['namespaceObject', () => toCel(namespace && shownNamespace(namespace), namespaceType)],
    ['params', () => toCel(params)],
    ['authorizer', () => new Check('Authorizer', access)],
    [
      'authorizer.requestResource',
      () =>
        new Check('ResourceCheck', access, {
          group: attributes.resource.group,
          resource: attributes.resource.plural,
          subresource,
          namespace: attributes.namespace,
          name,
        }),
    ],
  ]
}

/** Stored objects may leave out what their resource says. */
export function withKind(object: KubeObject | undefined, resource: Resource): KubeObject | undefined {
  if (!object || (object.kind && object.apiVersion)) return object
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), ...object }
}

function kindOf(object: KubeObject | undefined, { group, version, kind }: Resource) {
  if (!object?.kind || !object.apiVersion) return { group, version, kind }
  const [first = '', second] = object.apiVersion.split('/')
  return second === undefined
    ? { group: '', version: first, kind: object.kind }
    : { group: first, version: second, kind: object.kind }
}

/** As the AdmissionRequest that a webhook gets, without the objects. */
export function requestOf(attributes: AdmissionAttributes, as: Resource, object: KubeObject | undefined) {
  const { resource, subresource, namespace, name, operation, user, dryRun, options } = attributes
  const own = kindOf(attributes.object ?? attributes.oldObject, resource)
  return {
    kind: as === resource ? own : kindOf(object, as),
    resource: { group: as.group, version: as.version, resource: as.plural },
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: own,
    requestResource: { group: resource.group, version: resource.version, resource: resource.plural },
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...namespaceOf(attributes, namespace),
    operation,
    userInfo: shownUser(user),
    dryRun,
    options,
  }
}

/** A namespace is in itself. */
function namespaceOf({ resource, name }: AdmissionAttributes, namespace: string): { namespace?: string } {
  const shown = resource.group === '' && resource.plural === 'namespaces' ? name : namespace
  return shown === '' ? {} : { namespace: shown }
}

function shownUser({ name, uid, groups, extra }: UserInfo) {
  return {
    username: name,
    ...(uid ? { uid } : {}),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
  }
}

function shownNamespace({ metadata, spec, status }: Namespace) {
  const { uid: _uid, managedFields: _managed, ownerReferences: _owners, ...rest } = metadata
  return { metadata: rest, spec: spec ?? {}, status: status ?? {} }
}

function accessOf(authorizer: DecidingAuthorizer, user: UserInfo): Access {
  const answers = new Map<string, Decision>()
  return (check) => {
    const asked = check.serviceAccount ? serviceAccountUser(check.serviceAccount) : user
    const key = JSON.stringify(check)
    const decision = answers.get(key) ?? authorizer.decide(attributesOf(check, asked))
    if (decision instanceof Promise) throw new Unanswered(decision.then((late) => void answers.set(key, late)))
    const { kind, reason, error } = decision
    return { allowed: kind === 'allow', reason, ...(error === undefined ? {} : { error }) }
  }
}

function serviceAccountUser({ namespace, name }: { namespace: string; name: string }): UserInfo {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
  return { name: `system:serviceaccount:${namespace}:${name}`, groups, extra: {} } as UserInfo
}

function attributesOf(check: AccessCheck, user: UserInfo) {
  const {
    verb,
    path,
    group = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
    fieldSelector,
    labelSelector,
  } = check
  return {
    user,
    verb,
    isResourceRequest: path === undefined,
    apiGroup: group,
    apiVersion: path === undefined ? '*' : '',
    resource,
    subresource,
    namespace,
    name,
    path: path ?? '',
    ...(fieldSelector ? { fieldSelector } : {}),
    ...(labelSelector ? { labelSelector } : {}),
  }
}
