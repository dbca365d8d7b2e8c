/**
 * Binding a pod to a node: the scheduler's one write (`pods/NAME/binding`, and the old `bindings`). Source: upstream's
 * `registry/core/pod/storage`.
 */
import { badRequest, conflict, invalid as invalidObject } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { Binding, Pod } from '../../api/types/core/v1.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { presentDocument } from '../negotiation/represent.ts'
import { changeStored } from '../registry/change.ts'
import { readWriteQuery } from '../registry/options.ts'
import { admissionAttributes, type Caller, type WriteOptions } from '../registry/parts.ts'
import { invalid, notSupported, required } from '../registry/validation/field.ts'
import type { ApiResponse } from '../request.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import type { Served } from '../scheme/served.ts'
import { objectFromBody } from './body.ts'
import { callerOf, type Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { representationOf } from './read.ts'
import type { Endpoint } from './router.ts'
import { matchNamespace, writeOptions } from './write.ts'

const bindingKind = { group: '', version: 'v1', kind: 'Binding' }

export const podBindingEndpoint: Endpoint = (parts, served, exchange) =>
  bind(parts, served, exchange, exchange.info.name)

export const bindingEndpoint: Endpoint = (parts, served, exchange) => bind(parts, served, exchange, undefined)

async function bind(
  parts: EndpointParts,
  served: Served,
  exchange: Exchange,
  urlName: string | undefined,
): Promise<ApiResponse> {
  const representation = representationOf(parts, exchange)
  const query = readWriteQuery(exchange.request.query, 'CreateOptions')
  const type = typeOfKind(bindingKind)
  const binding = (await objectFromBody(exchange, { kind: bindingKind, type }, query.fieldValidation)) as Binding
  matchNamespace(binding, exchange.info.namespace)
  const name = urlName ?? binding.metadata.name ?? ''
  if (urlName !== undefined && binding.metadata.name !== urlName) {
    throw badRequest('name in URL does not match name in Binding object')
  }
  requireValid(binding)
  const pods = parts.scheme.find('', 'v1', 'pods')
  if (!pods) throw new Error('pods are not served')
  const caller = callerOf(exchange)
  const options = writeOptions(query, 'CreateOptions')
  const target = {
    served: urlName === undefined ? served : pods,
    namespace: exchange.info.namespace,
    name,
    subresource: urlName === undefined ? '' : 'binding',
  }
  await admit(parts, target, binding, caller, options)
  await changeStored(parts.registry, {
    target: { served: pods, namespace: exchange.info.namespace, name, subresource: 'binding' },
    caller,
    dryRun: options.dryRun,
    tracked: false,
    change: (pod) => assign(pod as Pod, binding, parts.registry.clock.nowMs()),
  })
  const answer = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
  const statusType = typeOfKind({ group: '', version: 'v1', kind: 'Status' })
  return await presentDocument(answer, statusType, { ...representation, view: 'object' }, 201)
}

async function admit(
  parts: EndpointParts,
  target: Parameters<typeof admissionAttributes>[0],
  binding: KubeObject,
  caller: Caller,
  options: WriteOptions,
): Promise<void> {
  const change = {
    operation: 'CREATE',
    object: binding,
    oldObject: undefined,
    dryRun: options.dryRun,
    options: options.raw,
  } as const
  const attributes = admissionAttributes(target, caller, change)
  await parts.registry.admission.mutate(attributes)
  await parts.registry.admission.validate(attributes)
}

/** Sets the node and what the binding carries over. In place. Throws a 409 when the pod may not be bound. */
function assign(pod: Pod, binding: Binding, nowMs: number): void {
  const name = pod.metadata.name ?? ''
  const refuse = (why: string): Error => conflict({ group: '', plural: 'pods/binding' }, name, why)
  const { uid, annotations, labels } = binding.metadata
  if (uid && uid !== pod.metadata.uid) {
    throw refuse(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`)
  }
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  const spec = pod.spec
  if (!spec) throw refuse(`pod ${name} has no spec`)
  if (spec.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`)
  if ((spec.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  spec.nodeName = binding.target.name ?? ''
  if (annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations }
  if (labels) pod.metadata.labels = { ...pod.metadata.labels, ...labels }
  setScheduled(pod, nowMs)
}

/** In the place of what was said before. Source: kubernetes `pkg/registry/core/pod/storage`: its generation is the kubelet's to tell. */
function setScheduled(pod: Pod, nowMs: number): void {
  pod.status ??= {}
  const conditions = pod.status.conditions ?? []
  const known = conditions.findIndex(({ type }) => type === 'PodScheduled')
  if (conditions[known]?.status === 'True') return
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: rfc3339(nowMs) }
  pod.status.conditions = known < 0 ? [...conditions, scheduled] : conditions.with(known, scheduled)
}

function requireValid(binding: Binding): void {
  const { kind, name } = binding.target ?? {}
  const errors = []
  if (kind && kind !== 'Node') errors.push(notSupported('target.kind', kind, ['Node', '<empty>']))
  if (!name) errors.push(required('target.name'))
  else if (name.includes('/') || name === '.' || name === '..')
    errors.push(invalid('target.name', name, "may not contain '/'"))
  if (errors.length > 0) throw invalidObject(bindingKind, binding.metadata.name ?? '', errors)
}
