/** `kubectl explain` knows every field of every kind that is served, and says something about each. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiVersionOf } from '../../src/api/meta.ts'
import { groupVersionInfos, kindType } from '../../src/api/schema/registry.ts'
import type { StructNode, TypeNode } from '../../src/api/schema/type-node.ts'
import { type Bed, startBed } from './harness.ts'
import { skip } from './tools.ts'

const served = groupVersionInfos().filter((info) => info.served)

/** Dotted paths of all fields; a type within itself is not entered again. */
function pathsOf(type: StructNode, prefix = '', above: readonly string[] = []): string[] {
  const paths: string[] = []
  for (const [name, { type: fieldType }] of type.fields) {
    const path = `${prefix}${name}`
    paths.push(path)
    const inner = structIn(fieldType)
    if (inner && !above.includes(inner.name) && inner.name !== type.name) {
      paths.push(...pathsOf(inner, `${path}.`, [...above, type.name]))
    }
  }
  return paths
}

function structIn(type: TypeNode): StructNode | undefined {
  if (type.kind === 'list') return structIn(type.element)
  if (type.kind === 'map') return structIn(type.value)
  return type.kind === 'struct' ? type : undefined
}

/** The same from what `kubectl explain --recursive` prints: names, indented by two blanks a level. */
function explainedPaths(text: string): string[] {
  const open: string[] = []
  const paths: string[] = []
  for (const line of text.slice(text.indexOf('\nFIELDS:\n')).split('\n')) {
    const match = /^((?: {2})+)(\S+)\t</.exec(line)
    if (!match) continue
    open.length = match[1]!.length / 2 - 1
    open.push(match[2]!)
    paths.push(open.join('.'))
  }
  return paths
}

test('every field of every type that is served has a description', () => {
  const without: string[] = []
  const seen = new Set<string>()
  const visit = (type: StructNode): void => {
    if (seen.has(type.name)) return
    seen.add(type.name)
    if (type.description === '') without.push(type.name)
    for (const [name, { description, type: fieldType }] of type.fields) {
      if (description === '') without.push(`${type.name}.${name}`)
      const inner = structIn(fieldType)
      if (inner) visit(inner)
    }
  }
  for (const info of served) for (const { body } of info.resources) visit(kindType(body)!)
  assert.deepEqual(without, [])
  assert.ok(seen.size > 400, String(seen.size))
})

describe('kubectl explain', { skip, concurrency: 2 }, () => {
  let bed: Bed
  before(async () => {
    bed = await startBed()
  })
  after(() => bed[Symbol.asyncDispose]())

  for (const info of served) {
    test(`names every field of ${apiVersionOf(info)}`, async () => {
      for (const { resource, body } of info.resources) {
        const args = ['explain', resource.plural, `--api-version=${apiVersionOf(resource)}`, '--recursive']
        const paths = explainedPaths(await bed.ok(...args))
        assert.deepEqual([...new Set(paths)].sort(), [...new Set(pathsOf(kindType(body)!))].sort(), resource.plural)
      }
    })
  }

  test('names the values of an enum, alone and in a list', async () => {
    const values = async (field: string) => /\nENUM:\n([^\n]+\n)+/.exec(await bed.ok('explain', field))?.[0]
    assert.equal(await values('pod.spec.restartPolicy'), '\nENUM:\n    Always\n    Never\n    OnFailure\n')
    assert.equal(
      await values('service.spec.type'),
      '\nENUM:\n    ClusterIP\n    ExternalName\n    LoadBalancer\n    NodePort\n',
    )
    assert.match(await bed.ok('explain', 'networkpolicy.spec'), /policyTypes\t<\[\]string>/)
    const tree = await bed.ok('explain', 'cronjob.spec')
    assert.match(tree, /concurrencyPolicy\t<string>\n {2}enum: Allow, Forbid, Replace\n/)
  })
})
