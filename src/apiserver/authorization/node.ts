/**
 * What a kubelet (user `system:node:<name>`, group `system:nodes`) may do: read what the pods bound to its node use, and
 * write its own Node, lease, CSINode and pod status. https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import type { PolicyRule } from '../../api/types/rbac/v1.ts'
import type { AuthorizationAttributes } from '../authorize.ts'
import type { UserInfo } from '../request.ts'
import { type DecidingAuthorizer, type Decision, noOpinion } from './decision.ts'
import type { NodeGraph, VertexType } from './node-graph.ts'
import { ruleAllows } from './rules.ts'
import { fieldRequirementsOf } from './selectors.ts'

export const nodesGroup = 'system:nodes'
const nodeUserPrefix = 'system:node:'
const leaseNamespace = 'kube-node-lease'

/** The node a user is, undefined when it is none. Empty when the name leaves open which. */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  if (!name.startsWith(nodeUserPrefix) || !groups.includes(nodesGroup)) return undefined
  return name.slice(nodeUserPrefix.length)
}

export class NodeAuthorizer implements DecidingAuthorizer {
  readonly #graph: NodeGraph
  readonly #rules: readonly PolicyRule[]
  readonly #learn: (() => Promise<void>) | undefined
  #learning: Promise<void> | undefined
  #learned: boolean

  /**
   * `rules` (those of the ClusterRole `system:node`) hold for everything that is not decided object by object. `learn`
   * fills the graph when the first node asks: without nodes, nobody needs all pods in memory. Default: it is filled.
   */
  constructor(graph: NodeGraph, rules: readonly PolicyRule[], learn?: () => Promise<void>) {
    this.#graph = graph
    this.#rules = rules
    this.#learn = learn
    this.#learned = learn === undefined
  }

  decide(attributes: AuthorizationAttributes): Decision | Promise<Decision> {
    const node = nodeNameOf(attributes.user)
    if (node === undefined) return noOpinion
    return this.#learned ? this.#decided(node, attributes) : this.#decidedLater(node, attributes)
  }

  /** Tried again with the next request when it fails. */
  async #decidedLater(node: string, attributes: AuthorizationAttributes): Promise<Decision> {
    this.#learning ??= this.#learn?.().finally(() => {
      this.#learning = undefined
    })
    await this.#learning
    this.#learned = true
    return this.#decided(node, attributes)
  }

  #decided(node: string, attributes: AuthorizationAttributes): Decision {
    if (node === '') return refuse(`unknown node for user ${JSON.stringify(attributes.user.name)}`)
    const special = attributes.isResourceRequest ? this.#special(node, attributes) : undefined
    if (special) return special
    return this.#rules.some((rule) => ruleAllows(rule, attributes)) ? allow : noOpinion
  }

  #special(node: string, attributes: AuthorizationAttributes): Decision | undefined {
    const { apiGroup, resource, subresource, name } = attributes
    switch (apiGroup === '' ? resource : `${resource}.${apiGroup}`) {
      case 'secrets':
        return this.#read(node, 'secret', attributes)
      case 'configmaps':
        return this.#read(node, 'configmap', attributes)
      case 'persistentvolumeclaims':
        return subresource === 'status' ? this.#claimStatus(node, attributes) : this.#get(node, 'pvc', attributes)
      case 'persistentvolumes':
        return getOnly(attributes) ?? related(node, name, this.#graph.usesVolume(node, name))
      case 'resourceclaims.resource.k8s.io':
        return this.#get(node, 'resourceclaim', attributes)
      case 'volumeattachments.storage.k8s.io':
        return getOnly(attributes) ?? related(node, name, this.#graph.isAttachedTo(node, name))
      case 'serviceaccounts':
        return this.#serviceAccount(node, attributes)
      case 'leases.coordination.k8s.io':
        return lease(node, attributes)
      case 'csinodes.storage.k8s.io':
        return csiNode(node, attributes)
      case 'resourceslices.resource.k8s.io':
        return this.#slice(node, attributes)
      case 'nodes':
        return ownNode(node, attributes)
      case 'pods':
        return this.#pod(node, attributes)
    }
    return undefined
  }

  #read(node: string, type: VertexType, attributes: AuthorizationAttributes): Decision {
    const { verb, subresource, namespace, name } = attributes
    if (!['get', 'list', 'watch'].includes(verb)) return refuse('can only read resources of this type')
    if (subresource !== '') return refuse('cannot read subresource')
    if (namespace === '') return refuse('can only read namespaced object of this type')
    return related(node, name, this.#graph.uses(node, type, namespace, name))
  }

  #get(node: string, type: VertexType, attributes: AuthorizationAttributes): Decision {
    const { namespace, name } = attributes
    return getOnly(attributes) ?? related(node, name, this.#graph.uses(node, type, namespace, name))
  }

  #claimStatus(node: string, { verb, namespace, name }: AuthorizationAttributes): Decision {
    if (verb !== 'update' && verb !== 'patch') return refuse('can only get/update/patch this type')
    return related(node, name, this.#graph.uses(node, 'pvc', namespace, name))
  }

  /** Read for credential providers that name the account of a pod, and asked for its tokens. */
  #serviceAccount(node: string, attributes: AuthorizationAttributes): Decision {
    const { verb, subresource, namespace, name } = attributes
    if (verb === 'get' && subresource === '') return this.#read(node, 'serviceaccount', attributes)
    if (verb !== 'create' || name === '') return refuse('can only create tokens for individual service accounts')
    if (subresource !== 'token') return refuse('can only create token subresource of serviceaccount')
    return related(node, name, this.#graph.uses(node, 'serviceaccount', namespace, name))
  }

  #slice(node: string, { verb, subresource, name, fieldSelector }: AuthorizationAttributes): Decision {
    if (subresource !== '') return refuse('cannot authorize ResourceSlice subresources')
    switch (verb) {
      case 'create':
        return allow
      case 'get':
      case 'update':
      case 'patch':
      case 'delete':
        return related(node, name, this.#graph.ownsSlice(node, name))
      case 'watch':
      case 'list':
      case 'deletecollection':
        if (selects(fieldSelector, 'spec.nodeName', node)) return allow
        return refuse('can only list/watch/deletecollection resourceslices with nodeName field selector')
    }
    return refuse(
      'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
    )
  }

  #pod(node: string, attributes: AuthorizationAttributes): Decision {
    const { verb, subresource, namespace, name, fieldSelector } = attributes
    switch (`${verb} ${subresource}`) {
      case 'get ':
        return this.#get(node, 'pod', attributes)
      case 'list ':
      case 'watch ':
        if (selects(fieldSelector, 'spec.nodeName', node)) return allow
        if (name !== '') return related(node, name, this.#graph.uses(node, 'pod', namespace, name))
        return refuse('can only list/watch pods with spec.nodeName field selector')
      case 'create ':
      case 'delete ':
      case 'update status':
      case 'patch status':
      case 'create eviction':
        return allow
    }
    return noOpinion
  }
}

const allow: Decision = { kind: 'allow', reason: '' }

function refuse(reason: string): Decision {
  return { kind: 'noOpinion', reason }
}

function related(node: string, name: string, isRelated: boolean): Decision {
  if (name === '') return refuse('No Object name found')
  return isRelated ? allow : refuse(`no relationship found between node '${node}' and this object`)
}

/** Undefined when the request is a plain get. */
function getOnly({ verb, subresource }: AuthorizationAttributes): Decision | undefined {
  if (verb !== 'get') return refuse('can only get individual resources of this type')
  return subresource === '' ? undefined : refuse('cannot get subresource')
}

const ownObjectVerbs = ['get', 'create', 'update', 'patch', 'delete']

/** The name in a create is not known here: NodeRestriction checks it. */
function lease(node: string, { verb, namespace, name }: AuthorizationAttributes): Decision {
  if (!ownObjectVerbs.includes(verb)) return refuse('can only get, create, update, patch, or delete a node lease')
  if (namespace !== leaseNamespace) return refuse(`can only access leases in the "${leaseNamespace}" system namespace`)
  if (verb === 'create' || name === node) return allow
  return refuse('can only access node lease with the same name as the requesting node')
}

function csiNode(node: string, { verb, subresource, name }: AuthorizationAttributes): Decision {
  if (!ownObjectVerbs.includes(verb)) return refuse('can only get, create, update, patch, or delete a CSINode')
  if (subresource !== '') return refuse('cannot authorize CSINode subresources')
  if (verb === 'create' || name === node) return allow
  return refuse('can only access CSINode with the same name as the requesting node')
}

/** Which node is written is checked by NodeRestriction, which sees the object. */
function ownNode(node: string, { verb, subresource, name }: AuthorizationAttributes): Decision {
  if (['create', 'update', 'patch'].includes(verb) && subresource === '') return allow
  if (['update', 'patch'].includes(verb) && subresource === 'status') return allow
  if (!['get', 'list', 'watch'].includes(verb) || subresource !== '') return noOpinion
  if (name === node) return allow
  if (name === '') return refuse(`node '${node}' cannot read all nodes, only its own Node object`)
  return refuse(`node '${node}' cannot read '${name}', only its own Node object`)
}

/** Whether a field selector demands `field` to equal `value`. */
function selects(fieldSelector: string | undefined, field: string, value: string): boolean {
  const requirements = fieldSelector === undefined ? [] : (fieldRequirementsOf({ fieldSelector }) ?? [])
  return requirements.some(({ key, operator, values }) => key === field && operator === 'In' && values?.[0] === value)
}
