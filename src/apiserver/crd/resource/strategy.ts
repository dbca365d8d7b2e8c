/**
 * What custom resources of one version do on create, update and status writes: what their schema says.
 * Source: apiextensions-apiserver's `registry/customresource/strategy.go`.
 */
import { decodeDocument } from '../../../api/codec/json.ts'
import { applySchemaDefaults } from '../../../api/codec/schema-defaults.ts'
import { type FieldError, forbidden } from '../../../api/errors.ts'
import type { KubeObject, Resource } from '../../../api/meta.ts'
import { isQualifiedName } from '../../../api/names.ts'
import { jsonEqual } from '../../../api/patch/json-value.ts'
import type { StructNode } from '../../../api/schema/type-node.ts'
import type { CustomResourceSubresourceScale, JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { standardFinalizers } from '../../registry/metadata.ts'
import type { Strategy } from '../../registry/strategy.ts'
import { validateEmbedded } from '../value/embedded.ts'
import { validateListTypes } from '../value/list-types.ts'
import { fieldErrors } from '../value/result.ts'
import type { RuleSet } from '../value/rules.ts'
import { validateScaleSpec, validateScaleStatus } from '../value/scale.ts'
import { validateValue } from '../value/validate.ts'

export interface CustomStrategyParts {
  resource: Resource
  type: StructNode
  schema: JSONSchemaProps
  hasStatus: boolean
  scale: CustomResourceSubresourceScale | undefined
  rules: RuleSet | undefined
  selectableFields: Strategy['selectableFields']
  /** The definition is being deleted. */
  terminating: boolean
}

type WithStatus = KubeObject & { status?: unknown }

export function customStrategy(parts: CustomStrategyParts): Strategy {
  const { resource, type, schema, hasStatus, scale, rules, terminating } = parts
  return {
    resource,
    allowUnconditionalUpdate: false,
    anyFinalizers: true,
    ...(parts.selectableFields ? { selectableFields: parts.selectableFields } : {}),
    default: (object) => pruneAndDefault(type, object),
    prepareForCreate(object) {
      if (terminating) throw createRefused(resource, object)
      if (hasStatus) delete (object as WithStatus).status
      object.metadata.generation = 1
    },
    prepareForUpdate(object, old) {
      if (hasStatus) keepStatus(object, old)
      const { generation } = old.metadata
      if (!sameButMetadata(object, old)) object.metadata.generation = (generation ?? 0) + 1
    },
    validateCreate: (object) => [
      ...fieldErrors(validateValue(schema, object)),
      ...(scale ? [...validateScaleSpec(scale, object), ...validateScaleStatus(scale, object)] : []),
      ...validateEmbedded(schema, object),
      ...validateListTypes(schema, object),
    ],
    validateUpdate: (object, old) => [
      ...fieldErrors(validateValue(schema, object, { value: old })),
      ...(scale ? [...validateScaleSpec(scale, object), ...validateScaleStatus(scale, object)] : []),
      ...validateEmbedded(schema, object),
      ...newListErrors(schema, object, old),
    ],
    ...(rules ? { rules: (object, old, check) => ruleErrors(rules, object, old, check) } : {}),
    warnings: (object, old) => finalizerWarnings(object, old),
    ...(hasStatus ? { status: statusRules(parts) } : {}),
  }
}

function statusRules({ schema, scale }: CustomStrategyParts): NonNullable<Strategy['status']> {
  const status = schema.properties?.status
  return {
    validateUpdate: (object, old) => [
      ...(status && Object.hasOwn(object, 'status') ? statusErrors(status, object, old) : []),
      ...(scale ? validateScaleStatus(scale, object) : []),
      ...newListErrors(schema, object, old),
    ],
  }
}

function statusErrors(schema: JSONSchemaProps, object: WithStatus, old: WithStatus): FieldError[] {
  const before = Object.hasOwn(old, 'status') ? { value: old.status } : undefined
  return fieldErrors(validateValue(schema, object.status, before), 'status')
}

/** What stood there before stays allowed. */
function newListErrors(schema: JSONSchemaProps, object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateListTypes(schema, object)
  return errors.length > 0 && validateListTypes(schema, old).length > 0 ? [] : errors
}

const blocking: ReadonlySet<FieldError['type']> = new Set([
  'NotSupported',
  'Required',
  'TooLong',
  'TooMany',
  'TypeInvalid',
])

type RuleCheck = Parameters<NonNullable<Strategy['rules']>>[2]

/** Rules may count on what the schema promises, so that they wait until it holds. */
function* ruleErrors(
  rules: RuleSet,
  object: KubeObject,
  old: KubeObject | undefined,
  { found, warn }: RuleCheck,
): Generator<void, FieldError[]> {
  if (!found.some(({ type }) => blocking.has(type))) return yield* rules.validate(object, old, warn)
  const detail =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
  return [{ type: 'Invalid', path: '<nil>', value: null, detail }]
}

/** After admission, which may have added what the schema does not know. Managed fields are as the server wrote them. */
export function pruneAndDefault(type: StructNode, object: KubeObject): void {
  const { managedFields, ...metadata } = object.metadata
  if (managedFields) object.metadata = metadata
  decodeDocument(type, { value: object, duplicates: [] })
  applySchemaDefaults(type, object)
  if (managedFields) object.metadata.managedFields = managedFields
}

function keepStatus(object: WithStatus, old: WithStatus): void {
  if (Object.hasOwn(old, 'status')) object.status = old.status
  else delete object.status
}

function sameButMetadata(object: KubeObject, old: KubeObject): boolean {
  const { metadata: _new, ...rest } = object
  const { metadata: _old, ...before } = old
  return jsonEqual(rest, before)
}

function createRefused(resource: Resource, { metadata }: KubeObject): Error {
  return forbidden(resource, metadata.name ?? '', 'create not allowed while custom resource definition is terminating')
}

function finalizerWarnings({ metadata }: KubeObject, old: KubeObject | undefined): string[] {
  const before = new Set(old?.metadata.finalizers)
  const added = (metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer))
  return [...new Set(added)].sort().flatMap(finalizerWarning)
}

function finalizerWarning(finalizer: string): string[] {
  const quoted = `metadata.finalizers: ${JSON.stringify(finalizer)}`
  const problems = isQualifiedName(finalizer).map((problem) => `${quoted}: ${problem}`)
  if (finalizer.includes('/') || standardFinalizers.has(finalizer)) return problems
  const path = finalizer.includes('.') ? ' including a path (/)' : ''
  return [
    ...problems,
    `${quoted}: prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
  ]
}
