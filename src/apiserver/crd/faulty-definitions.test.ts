/** What is said of definitions with a fault, where the schemas of their versions are alike and where not. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts'
import { TestCaller } from '../testbed/caller.ts'
import { definitionsPath, serve } from './testbed/definitions.ts'

let caller: TestCaller

before(async () => {
  caller = await TestCaller.start()
})

after(() => caller.api.stop())

const simple = { type: 'object', properties: { spec: { type: 'object', properties: {} } } }

/** A definition of two versions; the second one's schema is `other`. */
function definition(schema: object, other: object = schema, more: object = {}): object {
  const version = (name: string, openAPIV3Schema: object) => ({ name, served: true, schema: { openAPIV3Schema } })
  return {
    metadata: { name: 'gizmos.example.com' },
    spec: {
      ...{ group: 'example.com', scope: 'Namespaced', names: { plural: 'gizmos', kind: 'Gizmo' } },
      versions: [{ ...version('v1', schema), storage: true, ...more }, version('v2', other)],
    },
  }
}

async function post(body: object): Promise<{ status: number; body: { message?: string; spec?: unknown } }> {
  return await caller.call('POST', `${definitionsPath}?dryRun=All`, body)
}

const withField = (field: object) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties: { f: field } } },
})
const field = 'properties[spec].properties[f]'
const own = `spec.versions[0].schema.openAPIV3Schema.${field}`
const shared = `spec.validation.openAPIV3Schema.${field}`
const unknown = 'must not have unknown fields'
const text = { type: 'string' }
const items = 'must only have a single schema if x-kubernetes-list-type is map'

const faults: [what: string, field: object, errors: string[]][] = [
  [
    'a default with members where none are known',
    { type: 'string', enum: ['a'], default: { z: 1, b: { a: 1 } } },
    [
      `${own}.default: Invalid value: {"b":{"a":1},"z":1}: ${unknown}`,
      `${own}.default: Invalid value: "object":  in body must be of type string: "object"`,
      `${own}.default: Unsupported value: {"b":{"a":1},"z":1}: supported values: "a"`,
    ],
  ],
  [
    'a default in a list with members where none are known',
    { type: 'array', items: { type: 'object' }, default: [{ a: 1 }] },
    [`${own}.default: Invalid value: [{"a":1}]: ${unknown}`],
  ],
  [
    'a default that breaks a rule of its items',
    { type: 'array', items: { ...text, 'x-kubernetes-validations': [{ rule: "self == 'b'" }] }, default: ['a'] },
    [`${own}.default[0]: Invalid value: "a": failed rule: self == 'b'`],
  ],
  [
    'a default longer than nothing can be',
    { ...text, maxLength: -1, default: 'a' },
    [`${own}.default: Too long: value is too long`],
  ],
  [
    'a default of neither kind for integers or strings',
    { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, text], default: true },
    [
      `${own}.default: Invalid value: "": "" must validate at least one schema (anyOf)`,
      `${own}.default: Invalid value: "boolean":  in body must be of type integer: "boolean"`,
    ],
  ],
  [
    'empty dependencies, which versions may differ in',
    { ...text, dependencies: {} },
    [`${shared}.dependencies: Forbidden: dependencies is not supported`],
  ],
  [
    'an empty default, which versions may not differ in',
    { ...text, default: [] },
    [`${own}.default: Invalid value: "array":  in body must be of type string: "array"`],
  ],
  [
    'a list named by keys of items that are no schema',
    { type: 'array', items: [], 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] },
    [
      `${own}.items: Required value: must be specified`,
      `${own}.items: Invalid value: {"Schema":null,"JSONSchemas":[]}: ${items}`,
    ],
  ],
  [
    'integers or strings spelled out with a list of required members',
    { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer', required: [] }, text] },
    [
      `${shared}.anyOf[0].type: Forbidden: must be empty to be structural`,
      `${shared}.anyOf[1].type: Forbidden: must be empty to be structural`,
    ],
  ],
]

for (const [what, faulty, errors] of faults) {
  test(`${what} is named`, async () => {
    // What does not count as a difference is said of both versions; what does, of the first.
    const plain = { ...faulty } as Record<string, unknown>
    for (const name of ['dependencies', 'required']) delete plain[name]
    const other = errors[0]?.startsWith('spec.validation') ? plain : text
    const { status, body } = await post(definition(withField(faulty), withField(other)))
    assert.equal(status, 422)
    const all = errors.length === 1 ? errors.join('') : `[${errors.join(', ')}]`
    const name = 'CustomResourceDefinition.apiextensions.k8s.io "gizmos.example.com"'
    assert.equal(body.message, `${name} is invalid: ${all}`)
  })
}

const accepted: [what: string, field: object, kept: object][] = [
  ['items that are nothing', { type: 'integer', items: 'a' }, { type: 'integer' }],
  ['no items', { type: 'integer', items: [] }, { type: 'integer' }],
  [
    'nothing in what an item may be',
    { type: 'array', items: { ...text, enum: [], required: [] } },
    { type: 'array', items: text },
  ],
  [
    'nothing in what a member may be',
    { type: 'object', additionalProperties: { ...text, 'x-kubernetes-validations': [] } },
    { type: 'object', additionalProperties: text },
  ],
  [
    'integers or strings spelled out with nothing more',
    { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer', enum: [], additionalProperties: false }, text] },
    { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer', additionalProperties: false }, text] },
  ],
]

for (const [what, given, kept] of accepted) {
  test(`${what} is accepted, and not kept`, async () => {
    const { status, body } = await post(definition(withField(given)))
    assert.equal(status, 201, body.message ?? '')
    const { versions } = body.spec as { versions: { schema: { openAPIV3Schema: object } }[] }
    assert.deepEqual(versions[0]?.schema.openAPIV3Schema, withField(kept))
  })
}

test('the default of the whole is an object with a kind of its own', async () => {
  const { body } = await post(definition({ ...simple, default: { spec: {} } }, simple))
  const at = 'spec.versions[0].schema.openAPIV3Schema.default'
  assert.match(body.message ?? '', /is invalid: \[/)
  for (const name of ['apiVersion', 'kind']) assert.ok(body.message?.includes(`${at}.${name}: Required value`), name)
})

test('with a status of its own, the root may have no fields that say nothing either', async () => {
  for (const more of [{ $ref: '' }, { default: '' }, { additionalItems: false }, { 'x-kubernetes-map-type': '' }]) {
    const { body } = await post(definition({ ...simple, ...more }, simple, { subresources: { status: {} } }))
    assert.match(
      body.message ?? '',
      /fields are allowed at the root of the schema if the status subresource is enabled/,
    )
  }
})

test('versions are shown as Go has them', async () => {
  const subresources = { status: {}, scale: { specReplicasPath: '.spec.a', statusReplicasPath: '.status.a' } }
  const additionalPrinterColumns = [{ name: 'A', type: 'string', jsonPath: '.spec.a' }]
  const more = { subresources, additionalPrinterColumns, selectableFields: [], storage: false }
  const { body } = await post(definition(simple, simple, more))
  const scale = '{"SpecReplicasPath":".spec.a","StatusReplicasPath":".status.a","LabelSelectorPath":null}'
  const column = '{"Name":"A","Type":"string","Format":"","Description":"","Priority":0,"JSONPath":".spec.a"}'
  assert.ok(
    body.message?.includes(`"Subresources":{"Status":{},"Scale":${scale}},"AdditionalPrinterColumns":[${column}]`),
  )
})

test('what is made of a range that is none has no type', async () => {
  const rule = 'self.map(x, x) == self'
  const { body } = await post(definition(withField({ ...text, maxLength: 5, 'x-kubernetes-validations': [{ rule }] })))
  assert.match(body.message ?? '', /no matching overload for '_==_' applied to '\(list\(!error!\), string\)'/)
})

test('a message that can not be made is shown with its text as it was written', async () => {
  const rule = { rule: 'true', messageExpression: "'no program for ' + other" }
  const { body } = await post(definition(withField({ ...text, maxLength: 5, 'x-kubernetes-validations': [rule] })))
  assert.match(body.message ?? '', /messageExpression compilation failed: .*undeclared reference to 'other'/)
  assert.ok(body.message?.includes(" | 'no program for ' + other"))
})

test('an update without versions or names is refused with what it lacks', async () => {
  const path = `${definitionsPath}/gizmos.example.com`
  await serve(caller, definition(simple) as CustomResourceDefinition)
  const { body } = await caller.call('GET', path)
  const replace = async (spec: object) =>
    await caller.call('PUT', `${path}?dryRun=All`, { ...body, spec: { ...body.spec, ...spec } })
  const versions = await replace({ versions: null })
  assert.match(
    versions.body.message,
    /spec\.versions: Invalid value: null: must have exactly one version marked as storage/,
  )
  const names = await replace({ names: null })
  assert.match(
    names.body.message,
    /spec\.names\.plural: Required value.*spec\.names\.plural: Invalid value: "": field is immutable/,
  )
  assert.deepEqual([versions.status, names.status], [422, 422])
})

test('a change of nothing is no new generation', async () => {
  const path = `${definitionsPath}/gizmos.example.com`
  const { body: old } = await caller.call('GET', path)
  const generationWith = async (more: object): Promise<number> => {
    const { spec } = definition({ ...simple, ...more }) as { spec: object }
    const { body } = await caller.call('PUT', `${path}?dryRun=All`, { ...old, spec: { ...old.spec, ...spec } })
    return body.metadata.generation
  }
  const nothings = { required: [], enum: [], allOf: [], definitions: {} }
  assert.equal(await generationWith(nothings), old.metadata.generation)
  assert.equal(await generationWith({ required: ['spec'] }), old.metadata.generation + 1)
})
