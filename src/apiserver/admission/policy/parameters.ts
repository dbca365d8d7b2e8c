/** The objects that a binding gives its policy as `params`. Source: apiserver's `admission/plugin/policy/generic/policy_dispatcher.go`. */
import { apiVersionOf, type KubeObject } from '../../../api/meta.ts'
import { matchesLabelSelector } from '../../../api/selectors/label.ts'
import type { ParamKind, ParamRef } from '../../../api/types/admissionregistration/v1.ts'
import type { Objects } from '../../objects.ts'
import type { Scheme } from '../../scheme/scheme.ts'
import type { Served } from '../../scheme/served.ts'
import { withKind } from './bindings.ts'

/** The policy can't be applied as it is written, or as the cluster is. */
export class ConfigurationError extends Error {}

export interface ParameterReader {
  readonly objects: Objects
  readonly scheme: Scheme
}

/** Of a kind that is served. Undefined stands for `params` being null. Throws `ConfigurationError`. */
export async function collectParameters(
  { objects, scheme }: ParameterReader,
  kind: ParamKind | undefined,
  { paramRef: ref, namespace }: { paramRef: ParamRef | undefined; namespace: string },
): Promise<(KubeObject | undefined)[]> {
  if (!kind) return [undefined]
  const served = servedKind(scheme, kind)
  if (!served || !ref) return [undefined]
  const within = namespaceOf(served, ref, namespace)
  const found = await matching(objects, served, { ref, namespace: within })
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny')
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction')
  return found
}

/** Why there can be no parameters of the kind; undefined when there can. */
export function kindProblem(scheme: Scheme, kind: ParamKind | undefined): string | undefined {
  if (!kind || servedKind(scheme, kind)) return undefined
  return `failed to find resource referenced by paramKind: '${shownKind(kind)}'`
}

function shownKind({ apiVersion = '', kind = '' }: ParamKind): string {
  const [first = '', second] = apiVersion.split('/')
  return second === undefined ? `/${first}, Kind=${kind}` : `${first}/${second}, Kind=${kind}`
}

export function servedKind(scheme: Scheme, { apiVersion, kind }: ParamKind): Served | undefined {
  for (const served of scheme.all())
    if (served.resource.kind === kind && apiVersionOf(served.resource) === apiVersion) return served
  return undefined
}

function namespaceOf({ resource }: Served, ref: ParamRef, namespace: string): string {
  if (!resource.namespaced) {
    if (ref.namespace)
      throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
    return ''
  }
  const wanted = ref.namespace || namespace
  if (wanted !== '') return wanted
  throw new ConfigurationError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
}

async function matching(
  objects: Objects,
  { resource }: Served,
  { ref, namespace }: { ref: ParamRef; namespace: string },
): Promise<KubeObject[]> {
  if (ref.name) {
    const one = await objects.get(resource, namespace === '' ? ref.name : `${namespace}/${ref.name}`)
    return one ? [withKind(one, resource)!] : []
  }
  if (!ref.selector) throw new ConfigurationError('one of name or selector must be provided')
  const all = await objects.list(resource, namespace === '' ? undefined : namespace)
  return all
    .filter(({ metadata }) => matchesLabelSelector(ref.selector, metadata.labels))
    .map((object) => withKind(object, resource)!)
}
