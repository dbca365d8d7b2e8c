/**
 * No kind takes nonsense: a recorded object of each is refused when one of its fields is of another type, no quantity,
 * beyond its range, or none of the words that the field knows; and so is broken metadata.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../api/meta.ts'
import { groupVersionInfo, parseApiVersion, type ResourceInfo, typeByName } from '../../api/schema/registry.ts'
import type { FieldNode, StructNode, TypeNode } from '../../api/schema/type-node.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import { TestCaller } from '../testbed/caller.ts'

type Plain = Record<string, unknown>

interface Subject {
  name: string
  path: string
  object: KubeObject
  type: StructNode
}

const recorded = new URL('../../api/codec/testdata/recorded-objects.json', import.meta.url)

/** What upstream does not look at: the status of a claim that is yet to be made. */
const unchecked: ReadonlySet<string> = new Set(['StatefulSet spec.volumeClaimTemplates.0.status.phase = "Nonsense"'])

let caller: TestCaller

before(async () => {
  caller = await TestCaller.start()
})

after(() => caller.api.stop())

function subjects(): Subject[] {
  const all = JSON.parse(readFileSync(recorded, 'utf8').replaceAll('parity-pb', 'default')) as { json?: KubeObject }[]
  const byKind = new Map<string, Subject>()
  for (const { json } of all) {
    if (!json) continue
    const { group, version } = parseApiVersion(json.apiVersion ?? '')
    const resource = groupVersionInfo({ group, version })?.resources.find(({ body }) => body.kind === json.kind)
    if (!resource?.verbs.includes('create') || !resource.verbs.includes('get') || !json.metadata?.name) continue
    byKind.set(`${json.apiVersion} ${json.kind}`, subjectOf(json, resource))
  }
  return [...byKind.values()]
}

function subjectOf(json: KubeObject, { resource, body }: ResourceInfo): Subject {
  const { status: _, metadata, ...rest } = json as KubeObject & { status?: unknown }
  const { name, labels } = metadata
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  const place = resource.namespaced ? '/namespaces/default' : ''
  const object = { ...rest, metadata: { name: name!, ...(labels ? { labels } : {}) } }
  const path = `${base}${place}/${resource.plural}?dryRun=All`
  return { name: `${json.apiVersion} ${json.kind}`, path, object: object as KubeObject, type: typeOfKind(body) }
}

const badMetadata = {
  name: 'a/b',
  labels: { 'not valid!': '' },
  annotations: { 'a/b/c': '' },
  ownerReferences: [{}],
}

interface Change {
  what: string
  object: KubeObject
  codes: readonly number[]
}

function changesOf({ object, type }: Subject): Change[] {
  const changes: Change[] = []
  const add = (what: string, codes: readonly number[], edit: (copy: Plain) => void) => {
    const copy = structuredClone(object) as unknown as Plain
    edit(copy)
    changes.push({ what, codes, object: copy as unknown as KubeObject })
  }
  for (const [field, value] of Object.entries(badMetadata)) {
    add(`metadata.${field}`, [422], (copy) => set(copy, ['metadata', field], value))
  }
  for (const [name, field] of type.fields) {
    if (name === 'metadata' || name === 'kind' || name === 'apiVersion') continue
    walk(field, (object as unknown as Plain)[name], [name], (path, leaf, value) => {
      for (const [bad, codes] of badValues(leaf, value))
        add(`${path.join('.')} = ${JSON.stringify(bad)}`, codes, (copy) => set(copy, path, bad))
    })
  }
  return changes
}

function badValues({ type, enum: words }: Pick<FieldNode, 'type' | 'enum'>, value: unknown): [unknown, number[]][] {
  if (type.kind !== 'scalar') return [[typeof value === 'string' ? 1 : 'text', [400]]]
  const bad: [unknown, number[]][] = []
  if (type.scalar !== 'raw') bad.push([{ a: 1 }, [400]])
  if (type.scalar === 'int32') bad.push([2 ** 31, [400]])
  if (type.scalar === 'quantity') bad.push(['one', [400]])
  if (type.scalar === 'string' && words) bad.push(['Nonsense', [422]])
  return bad
}

type Visit = (path: (string | number)[], field: Pick<FieldNode, 'type' | 'enum'>, value: unknown) => void

function walk(field: Pick<FieldNode, 'type' | 'enum'>, value: unknown, path: (string | number)[], visit: Visit): void {
  if (value === undefined || value === null) return
  visit(path, field, value)
  const { type } = field
  if (type.kind === 'struct') {
    for (const [name, inner] of type.fields) walk(inner, (value as Plain)[name], [...path, name], visit)
  } else if (type.kind === 'list') {
    const element = elementOf(type.element, field.enum)
    for (const [index, item] of (value as unknown[]).entries()) walk(element, item, [...path, index], visit)
  } else if (type.kind === 'map') {
    for (const [key, item] of Object.entries(value as Plain))
      walk(elementOf(type.value, undefined), item, [...path, key], visit)
  }
}

function elementOf(type: TypeNode, words: readonly string[] | undefined): Pick<FieldNode, 'type' | 'enum'> {
  return words ? { type, enum: words } : { type }
}

function set(target: Plain, path: readonly (string | number)[], value: unknown): void {
  let place = target as Record<string | number, unknown>
  for (const step of path.slice(0, -1)) place = place[step] as Record<string | number, unknown>
  place[path.at(-1)!] = value
}

test('every kind whose objects were recorded is tried', () => {
  assert.ok(subjects().length > 45, `${subjects().length} kinds`)
  assert.ok(typeByName('core/v1.Pod').fields.size > 3)
})

for (const subject of subjects()) {
  test(`${subject.name} takes no nonsense`, async () => {
    const good = await caller.call('POST', subject.path, subject.object)
    assert.equal(good.status, 201, good.body.message)
    const taken: string[] = []
    for (const { what, object, codes } of changesOf(subject)) {
      if (unchecked.has(`${subject.object.kind} ${what}`)) continue
      const { status, body } = await caller.call('POST', subject.path, object)
      if (!codes.includes(status)) taken.push(`${what}: ${status} ${status === 201 ? '' : body.message}`)
    }
    assert.deepEqual(taken, [])
  })
}
