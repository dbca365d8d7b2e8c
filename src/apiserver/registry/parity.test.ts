/**
 * Replays recorded exchanges of kube-apiserver (the folder named by K8TS_PARITY, else `../shared/parity` beside the
 * checkout) straight on the strategies: decode, default, prepare, validate, and compare the object or the whole Status.
 * What the endpoints around them do (decoding errors, patches, reads) is left to the replay over HTTP. The counts below
 * may only grow.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DecodeError, decodeDocument } from '../../api/codec/json.ts'
import { encodeValue } from '../../api/codec/json-encode.ts'
import { ApiError, invalid } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { kindType, parseApiVersion, resourceInfo } from '../../api/schema/registry.ts'
import { validateMetadata } from './metadata.ts'
import { strategies } from './strategies.ts'
import type { Strategy } from './strategy.ts'
import { admitted } from './testbed/admitted.ts'
import { writeContext } from './testbed/write-context.ts'
import parityCounts from './testdata/parity-counts.json' with { type: 'json' }

const folder = process.env.K8TS_PARITY ?? new URL('../../../../shared/parity', import.meta.url).pathname
const namespace = 'parity-ns'
const show = process.env.SHOW === undefined ? 0 : Number(process.env.SHOW || 20)

interface Request {
  method: string
  path: string
  body?: KubeObject
  contentType?: string
}
interface Vector {
  name: string
  request: Request
  response: { code: number; body: Json; mentions?: string; partial?: boolean }
}
type Json = Record<string, unknown>

function main(): void {
  if (!existsSync(folder)) {
    test('strategies answer recorded requests as kube-apiserver does', {
      skip: `SKIPPED: no recorded exchanges at ${folder}`,
    }, () => {})
    return
  }
  for (const file of readdirSync(folder)
    .filter((name) => /^(create|update)-.*\.json$/.test(name))
    .sort()) {
    test(`strategies answer ${file} as recorded`, () => {
      const { passed, failures, total } = replay(file)
      for (const failure of failures.slice(0, show)) console.log(`${file} · ${failure}`)
      const expected = (parityCounts as Record<string, number>)[file] ?? 0
      if (process.env.COUNTS) console.log(`COUNT ${JSON.stringify(file)}: ${passed}, of ${total}`)
      else assert.ok(passed >= expected, `${passed} of ${total} agree, ${expected} did before:\n${failures.join('\n')}`)
    })
  }
}

function replay(file: string): { passed: number; failures: string[]; total: number } {
  const { fixture, vectors } = JSON.parse(readFileSync(join(folder, file), 'utf8').replaceAll('{{ns}}', namespace))
  const stored = (fixture as Request[]).slice(2).map(create).find(isObject)
  const failures: string[] = []
  let total = 0
  for (const vector of vectors as Vector[]) {
    if (!isReplayable(vector)) continue
    total += 1
    const { request } = vector
    const answer = request.method === 'POST' ? create(request) : update(request, stored as KubeObject)
    const { body, partial } = vector.response
    const problem = partial ? partialDifference(body, answer as Json) : difference(body, answer, '')
    if (problem) failures.push(`${vector.name}: ${problem}`)
  }
  return { passed: total - failures.length, failures, total }
}

/** Writes whose outcome the strategy decides. */
function isReplayable({ request, response }: Vector): boolean {
  if (request.contentType !== undefined || (response.code !== 422 && response.code >= 300)) return false
  if (request.method !== 'POST' && request.method !== 'PUT') return false
  const message = String(response.body.message ?? '')
  return !message.includes('must be specified for an update') && !message.startsWith('CreateOptions')
}

function isObject(answer: unknown): answer is KubeObject {
  return (answer as Json).status !== 'Failure'
}

function strategyOf({ path }: Request): Strategy {
  const [, root, ...rest] = (path.split('?')[0] ?? '').split('/')
  const group = root === 'apis' ? (rest.shift() ?? '') : ''
  const [version = '', ...parts] = rest
  const plural = (parts[0] === 'namespaces' && parts.length > 2 ? parts[2] : parts[0]) ?? ''
  const name = group === '' ? plural : `${plural}.${group}`
  const all = strategies()
  const resource = resourceInfo({ group, version, plural })?.resource
  assert.ok(resource, `${path} names no resource`)
  return all.get(`${name}/${version}`) ?? all.get(name) ?? { resource }
}

function decode(body: unknown): KubeObject {
  const { apiVersion = '', kind = '' } = body as KubeObject
  const type = kindType({ ...parseApiVersion(apiVersion), kind })
  assert.ok(type, `no type ${apiVersion} ${kind}`)
  const { object } = decodeDocument(type, { value: structuredClone(body), duplicates: [] })
  object.apiVersion = apiVersion
  object.kind = kind
  object.metadata ??= {}
  return object as unknown as KubeObject
}

function encode(object: KubeObject): KubeObject {
  const { apiVersion = '', kind = '' } = object
  const type = kindType({ ...parseApiVersion(apiVersion), kind })
  assert.ok(type)
  return JSON.parse(encodeValue(type, object))
}

function create(request: Request): unknown {
  return answering(request, (strategy) => {
    const object = decode(request.body)
    strategy.default?.(object)
    object.metadata.uid = '0af7b9a2-6d64-4bd2-9d56-6f5a3a1f7f10'
    object.metadata.creationTimestamp = '2026-01-01T00:00:00Z'
    if (strategy.resource.namespaced) object.metadata.namespace = namespace
    admitted(object, 'create')
    strategy.prepareForCreate?.(object, writeContext)
    const rules = { namespaced: strategy.resource.namespaced, validateName: strategy.validateName }
    const errors = [...validateMetadata(object.metadata, rules), ...(strategy.validateCreate?.(object) ?? [])]
    if (errors.length > 0) throw invalid(strategy.errorKind ?? kindOf(request), object.metadata.name ?? '', errors)
    return object
  })
}

function update(request: Request, stored: KubeObject): unknown {
  return answering(request, (strategy) => {
    const old = decode(stored)
    const object = decode(request.body)
    strategy.default?.(object)
    strategy.default?.(old)
    for (const field of ['uid', 'creationTimestamp', 'namespace', 'generation'] as const) {
      if (old.metadata[field] !== undefined) Object.assign(object.metadata, { [field]: old.metadata[field] })
    }
    admitted(object, 'update')
    strategy.prepareForUpdate?.(object, old, writeContext)
    const errors = strategy.validateUpdate?.(object, old) ?? []
    if (errors.length > 0) throw invalid(strategy.errorKind ?? kindOf(request), object.metadata.name ?? '', errors)
    return object
  })
}

function kindOf({ body }: Request): { group: string; kind: string } {
  return { group: parseApiVersion(body?.apiVersion ?? '').group, kind: body?.kind ?? '' }
}

function answering(request: Request, run: (strategy: Strategy) => KubeObject): unknown {
  try {
    return encode(run(strategyOf(request)))
  } catch (error) {
    if (error instanceof ApiError) return error.status
    if (error instanceof DecodeError) return { status: 'Failure', message: error.message }
    throw error
  }
}

/** Values that the allocators, the store or other admission steps put in. */
const wild = new Set(['<uid>', '<time>', '<rand>', '<ip>', '<port>', '<rv>'])
const allocated = new Set([
  'clusterIP',
  'clusterIPs',
  'nodePort',
  'resourceVersion',
  'managedFields',
  'healthCheckNodePort',
])

function difference(want: unknown, got: unknown, at: string): string | undefined {
  if (typeof want === 'string' && wild.has(want)) return undefined
  if (typeof want === 'string' && typeof got === 'string' && want !== got) {
    const pattern = want.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/<(uid|time|rand)>/g, '[^"]*')
    if (new RegExp(`^${pattern}$`).test(got)) return undefined
  }
  if (Array.isArray(want)) {
    if (!Array.isArray(got) || got.length !== want.length) {
      return `${at}: want ${want.length} items got ${JSON.stringify(got)?.slice(0, 300)} (want ${JSON.stringify(want).slice(0, 300)})`
    }
    return want.map((item, index) => difference(item, got[index], `${at}[${index}]`)).find(Boolean)
  }
  if (want === null || typeof want !== 'object') {
    if (process.env.FULL && want !== got) console.log(`WANT ${want}\nGOT ${got}`)
    return Object.is(want, got) ? undefined : `${at}: want ${JSON.stringify(want)} got ${JSON.stringify(got)}`
  }
  if (got === null || typeof got !== 'object') return `${at}: want an object got ${JSON.stringify(got)}`
  const message =
    (got as Json).status === 'Failure' && (want as Json).status !== 'Failure' ? (got as Json).message : undefined
  if (message) return `got refused: ${message}`
  if ((want as Json).status === 'Failure' && (got as Json).status !== 'Failure')
    return `was not refused: ${(want as Json).message}`
  return differentFields(want as Json, got as Json, at)
}

/** Where another parser speaks, only status, reason and code count. */
function partialDifference(want: Json, got: Json): string | undefined {
  return Object.keys(want)
    .map((key) => difference(want[key], got[key], `.${key}`))
    .find(Boolean)
}

function differentFields(want: Json, got: Json, at: string): string | undefined {
  for (const [key, value] of Object.entries(want)) {
    if (allocated.has(key)) continue
    const problem = difference(value, got[key], `${at}.${key}`)
    if (problem) return problem
  }
  const extra = Object.keys(got).find((key) => !(key in want) && !allocated.has(key))
  return extra ? `${at}.${extra}: not in the recorded answer: ${JSON.stringify(got[extra])?.slice(0, 200)}` : undefined
}

main()
