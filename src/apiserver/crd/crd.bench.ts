/**
 * What definitions of custom resources cost: time until each is established, memory for each before and after its objects
 * were asked for, and what a server that starts with all of them needs until it serves the last.
 *
 *     script/bench crd [definitions]
 *
 * Default: 1,000, each with about 150 described fields, a list by keys, a pattern and a rule. `stored` is the JSON alone.
 */
import type { CustomResourceDefinition, JSONSchemaProps } from '../../api/types/apiextensions/v1.ts'
import { TestCaller, type Watching } from '../testbed/caller.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { definitionOf, definitionsPath } from './testbed/definitions.ts'

export interface DefinitionsBenchResult {
  /** From the first request until the last is established. */
  establishedMs: number
  /** One more, when all the others are there: from the request until its objects can be listed. */
  oneMoreMs: number
  /** Bytes of heap for each. */
  heap: { stored: number; idle: number; used: number }
  start: { emptyMs: number; fullMs: number; servedMs: number }
}

export async function benchDefinitions(count: number): Promise<DefinitionsBenchResult> {
  const emptyMs = await startMs()
  const caller = await TestCaller.start({ namespaces: ['one'] })
  const before = heapBytes()
  const establishedMs = await createAll(caller, count)
  const idle = heapBytes() - before
  const stored =
    count * JSON.stringify((await caller.get(`${definitionsPath}/${definition(0).metadata.name}`)).body).length
  const oneMoreMs = await took(async () => {
    await caller.call('POST', definitionsPath, definition(count))
    await served(caller, count)
  })
  for (let index = 0; index < count; index++) await caller.call('POST', pathOf(index), object(index))
  const used = heapBytes() - before
  const { store } = caller.api
  const beganMs = performance.now()
  const second = new TestCaller(await startTestApiServer({ store, clock: caller.api.clock }))
  const fullMs = performance.now() - beganMs
  await served(second, count - 1)
  const servedMs = performance.now() - beganMs
  await second.api.stop()
  await caller.api.stop()
  const each = (bytes: number): number => Math.round(bytes / count)
  return {
    establishedMs,
    oneMoreMs,
    heap: { stored: each(stored), idle: each(idle), used: each(used) },
    start: { emptyMs, fullMs, servedMs },
  }
}

async function startMs(): Promise<number> {
  return await took(async () => (await startTestApiServer({ namespaces: ['one'] })).stop())
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

async function createAll(caller: TestCaller, count: number): Promise<number> {
  const watching = await caller.watch(`${definitionsPath}?watch=true`)
  const startMs = performance.now()
  const all = allEstablished(watching, count)
  for (let index = 0; index < count; index++) {
    const { status, body } = await caller.call('POST', definitionsPath, definition(index))
    if (status !== 201) throw new Error(JSON.stringify(body))
  }
  await all
  watching.stop()
  return performance.now() - startMs
}

async function allEstablished(watching: Watching, count: number): Promise<void> {
  const names = new Set<string>()
  while (names.size < count) {
    const event = await watching.next()
    if (!event) throw new Error('the watch ended')
    const conditions: { type: string; status: string }[] = event.object.status?.conditions ?? []
    if (conditions.some(({ type, status }) => type === 'Established' && status === 'True'))
      names.add(event.object.metadata.name)
  }
}

async function served(caller: TestCaller, index: number): Promise<void> {
  while ((await caller.get(pathOf(index))).status !== 200) await new Promise((resolve) => setImmediate(resolve))
}

function heapBytes(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Ten kinds to a group, as operators have them. */
const groupOf = (index: number): string => `group${Math.floor(index / 10)}.example.com`
const pathOf = (index: number): string => `/apis/${groupOf(index)}/v1/namespaces/one/thing${index}s`

function definition(index: number): CustomResourceDefinition {
  return definitionOf({ kind: `Thing${index}`, group: groupOf(index), properties: { ...fields(4), ports, name } })
}

function object(index: number): object {
  const spec = { name: 'one', ports: [{ port: 80, protocol: 'TCP' }] }
  return { apiVersion: `${groupOf(index)}/v1`, kind: `Thing${index}`, metadata: { name: 'a' }, spec }
}

/** Objects of objects of texts and numbers, each described in a sentence. */
function fields(levels: number): Record<string, JSONSchemaProps> {
  const description = 'Says what this field stands for in about as many words as authors of definitions take for it.'
  const all: Record<string, JSONSchemaProps> = {}
  for (const index of [1, 2, 3]) {
    all[`text${index}`] = { type: 'string', description, maxLength: 100 }
    if (levels > 1) all[`part${index}`] = { type: 'object', description, properties: fields(levels - 1) }
  }
  return all
}

const name: JSONSchemaProps = {
  type: 'string',
  pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$',
  maxLength: 63,
  'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'name is immutable' }],
}

const ports: JSONSchemaProps = {
  type: 'array',
  maxItems: 20,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['port'],
  items: {
    type: 'object',
    required: ['port'],
    properties: {
      port: { type: 'integer', minimum: 1, maximum: 65535 },
      protocol: { type: 'string', enum: ['TCP', 'UDP'], default: 'TCP' },
    },
  },
}

if (import.meta.main) {
  const count = Number(process.argv[2] ?? 1_000)
  const { establishedMs, oneMoreMs, heap, start } = await benchDefinitions(count)
  const ms = (value: number): string => `${Math.round(value * 10) / 10} ms`
  console.log(`established: ${count} in ${ms(establishedMs)}, one more in ${ms(oneMoreMs)}`)
  console.log(`heap for each: ${heap.idle} bytes, ${heap.used} with an object (stored: ${heap.stored})`)
  console.log(`start: ${ms(start.fullMs)} (empty: ${ms(start.emptyMs)}), the last served after ${ms(start.servedMs)}`)
}
