/**
 * What kube-apiserver v1.36 answered to objects with one thing changed: code, message, number of causes, warnings. Each
 * file of `testdata/faults` holds a good object and its changes, made by a generator of faults from the API's schema.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../api/meta.ts'
import { type Answer, TestCaller } from '../testbed/caller.ts'

interface Fault {
  /** Where: names and indexes joined by dots. */
  set: string
  /** Absent: what is there is taken away. */
  to?: unknown
  code: number
  message?: string
  /** Absent: no more than one. */
  causes?: number
  warning?: string
}

interface Faults {
  path: string
  object: KubeObject
  create: Fault[]
  update: Fault[]
}

type Branch = Record<string, unknown>

const directory = new URL('testdata/faults/', import.meta.url)

let caller: TestCaller

before(async () => {
  caller = await TestCaller.start()
})

after(() => caller.api.stop())

for (const file of readdirSync(directory).sort()) {
  test(`${file.replace('.json', '')} with one change is answered as upstream does`, async () => {
    const { path, object, create, update } = JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as Faults
    const wrong: string[] = []
    for (const fault of create) {
      const answer = await caller.call('POST', `${path}?dryRun=All&fieldManager=m`, changed(object, fault))
      wrong.push(...differences('create', fault, answer))
    }
    if (update.length > 0) wrong.push(...(await updates(path, object, update)))
    assert.deepEqual(wrong, [])
  })
}

async function updates(path: string, object: KubeObject, faults: readonly Fault[]): Promise<string[]> {
  const created = await caller.call('POST', path, object)
  assert.equal(created.status, 201, JSON.stringify(created.body))
  const at = `${path}/${object.metadata.name}`
  const wrong: string[] = []
  for (const fault of faults) {
    const answer = await caller.call('PUT', `${at}?dryRun=All&fieldManager=m`, changed(created.body, fault))
    wrong.push(...differences('update', fault, answer))
  }
  return wrong
}

function changed(object: KubeObject, { set, to }: Fault): object {
  const copy = structuredClone(object)
  const names = set.split('.')
  const last = names.pop() ?? ''
  const holder = names.reduce<Branch>((branch, name) => branch[name] as Branch, copy as unknown as Branch)
  if (to === undefined) delete holder[last]
  else holder[last] = to
  return copy
}

function differences(verb: string, fault: Fault, { status, headers, body }: Answer): string[] {
  const causes = body.details?.causes?.length ?? 0
  const warning = headers.warning?.replace(/^299 - /, '')
  const want = [fault.code, fault.message, fault.causes ?? Math.min(causes, 1), fault.warning]
  const got = [status, body.kind === 'Status' ? body.message : undefined, causes, warning]
  if (JSON.stringify(want) === JSON.stringify(got)) return []
  return [
    `${verb} ${fault.set} = ${JSON.stringify(fault.to)}\n  want ${JSON.stringify(want)}\n  got  ${JSON.stringify(got)}`,
  ]
}
