/** What a served definition makes of its objects: validation, rules, defaults, columns, subresources, apply. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CustomResourceDefinition, JSONSchemaProps } from '../../api/types/apiextensions/v1.ts'
import { TestCaller } from '../testbed/caller.ts'
import { type DefinitionOptions, definitionOf, definitionsPath, serve } from './testbed/definitions.ts'

let caller: TestCaller
before(async () => {
  caller = await TestCaller.start({ namespaces: ['one'] })
})
after(() => caller.api.stop())

const merge = { contentType: 'application/merge-patch+json' }
const apply = { contentType: 'application/apply-patch+yaml' }
let kinds = 0

/** A kind of its own for each test. */
async function kind(properties: Record<string, JSONSchemaProps>, options: DefinitionOptions = {}): Promise<Kind> {
  const name = `Thing${String.fromCharCode(97 + kinds++)}`
  const definition = definitionOf({ kind: name, properties, ...options })
  await serve(caller, definition)
  return new Kind(name, definition)
}

class Kind {
  readonly name: string
  readonly definition: CustomResourceDefinition
  readonly path: string

  constructor(name: string, definition: CustomResourceDefinition) {
    this.name = name
    this.definition = definition
    this.path = `/apis/example.com/v1/namespaces/one/${name.toLowerCase()}s`
  }

  object(name: string, spec: unknown, more: object = {}) {
    return { apiVersion: 'example.com/v1', kind: this.name, metadata: { name }, spec, ...more }
  }

  create(name: string, spec: unknown, query = '') {
    return caller.call('POST', `${this.path}${query}`, this.object(name, spec))
  }

  patch(name: string, patch: object) {
    return caller.call('PATCH', `${this.path}/${name}`, patch, merge)
  }

  /** The messages of a refusal, without what all share. */
  async refused(spec: unknown): Promise<string[]> {
    const { status, body } = await this.create('refused', spec)
    assert.equal(status, 422, JSON.stringify(body))
    return body.details.causes.map((one: { field: string; message: string }) => `${one.field}: ${one.message}`)
  }
}

test('values are held against their schema, with upstream’s words', async () => {
  const things = await kind({
    count: { type: 'integer', minimum: 1, maximum: 5, multipleOf: 2 },
    name: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 4 },
    color: { type: 'string', enum: ['red', 'green'] },
    list: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
    port: { 'x-kubernetes-int-or-string': true },
    when: { type: 'string', format: 'date-time' },
    one: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }], properties: { a: bool, b: bool } },
    none: { type: 'object', not: { required: ['c'] }, properties: { c: bool } },
  })
  assert.deepEqual(await things.refused({ count: 7, name: 'A', color: 'blue', list: [], port: true }), [
    'spec.color: Unsupported value: "blue": supported values: "red", "green"',
    'spec.count: Invalid value: 7: spec.count in body should be a multiple of 2',
    'spec.count: Invalid value: 7: spec.count in body should be less than or equal to 5',
    'spec.list: Invalid value: 0: spec.list in body should have at least 1 items',
    'spec.name: Invalid value: "A": spec.name in body should be at least 2 chars long',
    'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
  ])
  const [when] = await things.refused({ when: 'yesterday' })
  assert.match(when ?? '', /^spec\.when: Invalid value: "yesterday": spec\.when in body must be of type date-time/)
  assert.equal((await things.refused({ one: { a: true, b: true } })).length, 1)
  assert.equal((await things.refused({ none: { c: true } })).length, 1)
  const good = { count: 4, name: 'abc', color: 'red', list: ['x'], port: '80', one: { a: true }, none: {} }
  assert.equal((await things.create('good', good)).status, 201)
})

const bool: JSONSchemaProps = { type: 'boolean' }

test('an old fault stays allowed while it is not touched', async () => {
  const things = await kind({ name: { type: 'string' }, other: { type: 'string' } })
  await things.create('old', { name: 'abcdef', other: 'a' })
  const path = `${definitionsPath}/${things.definition.metadata.name}`
  const { body } = await caller.call('GET', path)
  const short = { type: 'string', maxLength: 3 }
  body.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties = { name: short, other: short }
  assert.equal((await caller.call('PUT', path, body)).status, 200)
  assert.equal((await things.patch('old', { spec: { other: 'b' } })).status, 200)
  const refused = await things.patch('old', { spec: { name: 'abcdefg' } })
  assert.equal(refused.status, 422)
  assert.match(refused.body.message, /spec\.name: Too long: may not be more than 3 bytes/)
})

test('rules compare, compare with before, and say what they say', async () => {
  const things = await kind({
    range: {
      type: 'object',
      properties: { min: { type: 'integer' }, max: { type: 'integer' }, unit: { type: 'string', maxLength: 9 } },
      'x-kubernetes-validations': [
        {
          rule: 'self.min <= self.max',
          messageExpression: "'min is above max, in ' + self.unit",
          reason: 'FieldValueForbidden',
          fieldPath: '.min',
        },
      ],
    },
    once: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'stays as it is' }] },
    first: {
      type: 'string',
      'x-kubernetes-validations': [
        { rule: "oldSelf.hasValue() || self == 'new'", optionalOldSelf: true, message: 'begins as new' },
      ],
    },
  })
  assert.deepEqual(await things.refused({ range: { min: 3, max: 2, unit: 'm' }, first: 'x' }), [
    'spec.range.min: Forbidden: min is above max, in m',
    'spec.first: Invalid value: "x": begins as new',
  ])
  assert.equal((await things.create('a', { range: { min: 1, max: 2 }, once: 'x', first: 'new' })).status, 201)
  assert.equal((await things.patch('a', { spec: { first: 'other' } })).status, 200)
  const { body } = await things.patch('a', { spec: { once: 'y' } })
  assert.match(body.message, /spec\.once: Invalid value: "y": stays as it is/)
})

test('what breaks a rule and does not change stays, with a warning', async () => {
  const name = 'Ratchet'
  const versionOf = (version: string, color: JSONSchemaProps) => ({
    ...definitionOf({ properties: { color } }).spec.versions[0]!,
    name: version,
    storage: version === 'v1',
  })
  const ruled = { type: 'string', maxLength: 1, 'x-kubernetes-validations': [{ rule: "self != 'red'" }] }
  const versions = [versionOf('v1', { type: 'string' }), versionOf('v2', ruled)]
  const definition = definitionOf({ kind: name, spec: { versions } })
  await serve(caller, definition)
  const things = new Kind(name, definition)
  await things.create('a', { color: 'red' })
  const patch = (body: object) => caller.call('PATCH', `${things.path.replace('v1', 'v2')}/a`, body, merge)
  const same = await patch({ metadata: { labels: { x: 'y' } } })
  const warning = `299 - "spec.color: Invalid value: \\"red\\": failed rule: self != 'red'"`
  assert.deepEqual([same.status, same.headers.warning], [200, warning])
  const { body } = await patch({ spec: { color: 'blue' } })
  assert.match(body.message, /spec\.color: Too long: may not be more than 1 byte,/)
})

test('rules that could cost too much are refused with the definition', async () => {
  const text = { type: 'string' }
  const each = {
    type: 'array',
    items: text,
    'x-kubernetes-validations': [{ rule: 'self.all(x, self.all(y, x == y))' }],
  }
  const definition = definitionOf({ kind: 'Costly', properties: { each } })
  const { status, body } = await caller.call('POST', definitionsPath, definition)
  assert.equal(status, 422)
  assert.match(body.message, /estimated rule cost exceeds budget by factor of more than 100x/)
  const broken = definitionOf({
    kind: 'Broken',
    properties: { a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self +' }] } },
  })
  assert.match((await caller.call('POST', definitionsPath, broken)).body.message, /compilation failed/)
})

test('unknown fields are pruned, told of or refused as the caller asks', async () => {
  const things = await kind({
    a: { type: 'string' },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  })
  const spec = { a: 'x', b: 1, free: { c: { d: 1 } } }
  const ignored = await things.create('ignored', spec, '?fieldValidation=Ignore')
  assert.deepEqual(ignored.body.spec, { a: 'x', free: { c: { d: 1 } } })
  assert.equal(ignored.headers.warning, undefined)
  const warned = await things.create('warned', spec, '?fieldValidation=Warn')
  assert.equal(warned.status, 201)
  assert.match(warned.headers.warning ?? '', /299 - "unknown field \\"spec\.b\\""/)
  const strict = await things.create('strict', spec, '?fieldValidation=Strict')
  assert.equal(strict.status, 400)
  assert.match(strict.body.message, /strict decoding error: unknown field "spec\.b"/)
})

test('defaults fill what is missing, null included where null is not allowed', async () => {
  const things = await kind({
    size: { type: 'integer', default: 3 },
    maybe: { type: 'string', nullable: true, default: 'x' },
    deep: { type: 'object', default: {}, properties: { on: { type: 'boolean', default: true } } },
  })
  const { body } = await things.create('a', { size: null, maybe: null })
  assert.deepEqual(body.spec, { size: 3, maybe: null, deep: { on: true } })
})

test('status and scale are written apart from the rest', async () => {
  const things = await kind(
    { replicas: { type: 'integer' } },
    {
      version: {
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
      },
    },
  )
  const created = await caller.call(
    'POST',
    things.path,
    things.object('a', { replicas: 1 }, { status: { replicas: 9 } }),
  )
  assert.equal(created.body.status, undefined)
  assert.equal(created.body.metadata.generation, 1)
  const status = { replicas: 1, selector: 'app=a' }
  const put = await caller.call('PUT', `${things.path}/a/status`, {
    ...created.body,
    spec: { replicas: 7 },
    status,
  })
  assert.deepEqual([put.body.spec, put.body.status, put.body.metadata.generation], [{ replicas: 1 }, status, 1])
  const scaled = await caller.call('PATCH', `${things.path}/a/scale`, { spec: { replicas: 4 } }, merge)
  assert.equal(scaled.body.kind, 'Scale')
  const { spec, status: seen } = (await caller.get(`${things.path}/a/scale`)).body
  assert.deepEqual([spec, seen], [{ replicas: 4 }, { replicas: 1, selector: 'app=a' }])
  const after = (await caller.get(`${things.path}/a`)).body
  assert.deepEqual([after.spec, after.metadata.generation], [{ replicas: 4 }, 2])
  const refused = await caller.call('PATCH', `${things.path}/a/scale`, { spec: { replicas: -1 } }, merge)
  assert.equal(refused.status, 422)
})

test('tables show the columns of the definition', async () => {
  const column = (name: string, type: string, jsonPath: string, more: object = {}) => ({
    name,
    type,
    jsonPath,
    ...more,
  })
  const things = await kind(
    { size: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } }, at: { type: 'string' } },
    {
      version: {
        additionalPrinterColumns: [
          column('Size', 'integer', '.spec.size', { description: 'How large.' }),
          column('First', 'string', '.spec.tags[0]', { priority: 1 }),
          column('Tags', 'string', '.spec.tags[*]'),
          column('At', 'date', '.spec.at'),
          column('None', 'string', '.spec.none'),
        ],
      },
    },
  )
  await things.create('a', { size: 3, tags: ['x', 'y'], at: 'never' })
  const { body } = await caller.get(things.path, 'application/json;as=Table;v=v1;g=meta.k8s.io')
  assert.deepEqual(
    body.columnDefinitions.map(({ name, priority }: { name: string; priority: number }) => [name, priority]),
    [
      ['Name', 0],
      ['Size', 0],
      ['First', 1],
      ['Tags', 0],
      ['At', 0],
      ['None', 0],
    ],
  )
  assert.deepEqual(body.rows[0].cells.slice(0, 4), ['a', 3, 'x', 'x'])
})

test('selectable fields select in lists and watches, other fields do not', async () => {
  const things = await kind(
    { color: { type: 'string' } },
    { version: { selectableFields: [{ jsonPath: '.spec.color' }] } },
  )
  const watching = await caller.watch(`${things.path}?watch=true&fieldSelector=spec.color%3Dred`)
  await things.create('a', { color: 'red' })
  await things.create('b', { color: 'blue' })
  const { body } = await caller.get(`${things.path}?fieldSelector=spec.color%3Dred`)
  assert.deepEqual(
    body.items.map((one: { metadata: { name: string } }) => one.metadata.name),
    ['a'],
  )
  await things.patch('a', { spec: { color: 'blue' } })
  assert.deepEqual(await watching.names(2), ['ADDED a', 'DELETED a'])
  watching.stop()
  const other = await caller.get(`${things.path}?fieldSelector=spec.size%3D1`)
  assert.equal(other.status, 400)
  assert.match(other.body.message, /field label not supported: spec\.size/)
})

test('server-side apply merges lists by their keys and sets by their values', async () => {
  const item: JSONSchemaProps = {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, value: { type: 'integer' } },
  }
  const things = await kind({
    items: { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    whole: {
      type: 'object',
      'x-kubernetes-map-type': 'atomic',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
    },
  })
  const by = (manager: string, spec: object, force = '') =>
    caller.call('PATCH', `${things.path}/a?fieldManager=${manager}${force}`, things.object('a', spec), apply)
  await by('x', { items: [{ name: 'one', value: 1 }], tags: ['t'], whole: { a: '1' } })
  const second = await by('y', { items: [{ name: 'two', value: 2 }], tags: ['u'] })
  assert.deepEqual(second.body.spec.items, [
    { name: 'one', value: 1 },
    { name: 'two', value: 2 },
  ])
  assert.deepEqual(second.body.spec.tags, ['t', 'u'])
  const owned = second.body.metadata.managedFields.find((one: { manager: string }) => one.manager === 'y').fieldsV1
  assert.deepEqual(owned['f:spec']['f:items'], { 'k:{"name":"two"}': { '.': {}, 'f:name': {}, 'f:value': {} } })
  const conflict = await by('y', { items: [{ name: 'one', value: 5 }] })
  assert.equal(conflict.status, 409)
  assert.match(conflict.body.message, /conflict with "x": \.spec\.items\[name="one"\]\.value/)
  const atomic = await by('y', { whole: { b: '2' } }, '&force=true')
  assert.deepEqual(atomic.body.spec.whole, { b: '2' })
  const third = await by('x', { tags: ['t'] })
  assert.deepEqual(third.body.spec.items, undefined)
})

test('a deprecated version warns, in the definition’s words where it has some', async () => {
  const plain = await kind({}, { version: { deprecated: true } })
  const text = { deprecated: true, deprecationWarning: 'use something else' }
  const own = await kind({}, { version: text })
  assert.match(
    (await caller.get(plain.path)).headers.warning ?? '',
    /299 - "example\.com\/v1 Thing[a-z]+ is deprecated"/,
  )
  assert.equal((await caller.get(own.path)).headers.warning, '299 - "use something else"')
})

test('what a definition describes is in OpenAPI 2 and 3 while it is served', async () => {
  const things = await kind({ size: { type: 'integer', description: 'How large.' } })
  const v3 = (await caller.get('/openapi/v3/apis/example.com/v1')).body
  const schema = v3.components.schemas[`com.example.v1.${things.name}`]
  assert.equal(schema.properties.spec.properties.size.description, 'How large.')
  assert.deepEqual(schema['x-kubernetes-group-version-kind'], [
    { group: 'example.com', kind: things.name, version: 'v1' },
  ])
  const v2 = (await caller.get('/openapi/v2', 'application/json')).body
  assert.ok(v2.definitions[`com.example.v1.${things.name}`])
  await caller.call('DELETE', `${definitionsPath}/${things.definition.metadata.name}`)
  for (;;) {
    const { body } = await caller.get('/openapi/v3/apis/example.com/v1')
    if (!body.components?.schemas?.[`com.example.v1.${things.name}`]) break
  }
})

test('metadata of embedded objects is checked and kept', async () => {
  const template: JSONSchemaProps = {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
  }
  const things = await kind({ template })
  const good = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x', labels: { a: 'b' }, unheard: 1 },
    spec: { a: 1 },
  }
  const { body } = await things.create('a', { template: good })
  const { unheard: _, ...metadata } = good.metadata
  assert.deepEqual(body.spec.template, { ...good, metadata })
  assert.match(
    (await things.refused({ template: { kind: 'Pod' } })).join(),
    /spec\.template\.apiVersion: Required value/,
  )
})

test('monitors are told how long rules took to compile and to evaluate', async () => {
  const counts = async () => {
    const { body } = await caller.call('GET', '/metrics')
    const count = (what: string) =>
      Number(new RegExp(`^apiserver_cel_${what}_duration_seconds_count (\\d+)$`, 'm').exec(String(body))?.[1] ?? 0)
    return [count('compilation'), count('evaluation')] as const
  }
  const ruled = await kind({ n: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 1' }] } })
  const [compiled, evaluated] = await counts()
  assert.equal((await ruled.create('a', { n: 2 })).status, 201)
  assert.equal((await ruled.create('b', { n: 1 })).status, 422)
  assert.deepEqual(await counts(), [compiled + 1, evaluated + 2])
})

test('objects say what they are', async () => {
  const things = await kind({ a: { type: 'string' } })
  const { apiVersion, kind: name } = things.object('x', {})
  const missing = (text: string) =>
    `the object provided is unrecognized (must be of type ${name}): Object 'Kind' is missing in '${text}' (${text})`
  const cases: [object, string][] = [
    [{}, missing('{}')],
    [{ kind: '', spec: {} }, missing('{"kind":"","spec":{}}')],
    [{ kind: name }, `the API version in the data () does not match the expected API version (${apiVersion})`],
  ]
  for (const [sent, message] of cases) {
    const { status, body } = await caller.call('POST', things.path, sent)
    assert.deepEqual([status, body.message], [400, message])
  }
  await things.create('a', { a: 'b' })
  const { status, body } = await things.patch('a', { kind: null })
  assert.equal(status, 422)
  assert.match(body.message, /Object 'Kind' is missing in '\{"apiVersion":"example.com\/v1","metadata"/)
  const deleted = await caller.call('DELETE', things.path)
  assert.equal(deleted.body.metadata.continue, '')
  assert.deepEqual(
    deleted.body.items.map(({ kind, spec }: { kind: string; spec: object }) => [kind, spec]),
    [[name, { a: 'b' }]],
  )
})
