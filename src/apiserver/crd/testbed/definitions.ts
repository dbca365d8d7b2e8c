/** Definitions for tests, and an API server that serves them. */
import assert from 'node:assert/strict'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from '../../../api/types/apiextensions/v1.ts'
import type { TestCaller } from '../../testbed/caller.ts'

export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

export interface DefinitionOptions {
  kind?: string
  group?: string
  scope?: 'Namespaced' | 'Cluster'
  spec?: Partial<CustomResourceDefinitionSpec>
  /** Of the only version, v1. */
  version?: Partial<CustomResourceDefinitionVersion>
  /** Properties of the spec. */
  properties?: Record<string, JSONSchemaProps>
}

/** A kind with a spec and a status subresource, in version v1. */
export function definitionOf(options: DefinitionOptions = {}): CustomResourceDefinition {
  const { kind = 'Widget', group = 'example.com', scope = 'Namespaced', properties = {} } = options
  const plural = `${kind.toLowerCase()}s`
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const root = { type: 'object', properties: { spec: { type: 'object', properties }, status } }
  const schema = { openAPIV3Schema: root }
  const version = { name: 'v1', served: true, storage: true, schema, subresources: { status: {} }, ...options.version }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope, names: { plural, kind }, versions: [version], ...options.spec },
  }
}

/** Creates it and waits until it is served. */
export async function serve(caller: TestCaller, definition: CustomResourceDefinition): Promise<void> {
  const created = await caller.call('POST', definitionsPath, definition)
  assert.equal(created.status, 201, JSON.stringify(created.body))
  await until(caller, definition.metadata.name ?? '', 'Established')
}

/** Waits until the condition is True. */
export async function until(caller: TestCaller, name: string, condition: string): Promise<void> {
  const watching = await caller.watch(`${definitionsPath}?watch=true&fieldSelector=metadata.name%3D${name}`)
  for (;;) {
    const event = await watching.next()
    const conditions: { type: string; status: string }[] = event?.object.status?.conditions ?? []
    if (event === undefined || conditions.some(({ type, status }) => type === condition && status === 'True')) break
  }
  watching.stop()
}
