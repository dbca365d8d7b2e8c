/**
 * JSON patch (RFC 6902), content type `application/json-patch+json`. The patched document shares what did not change with
 * the old one. Every failure to apply is the same 422 for the client, as upstream answers it; the cause stays in
 * `Error.cause` for the audit log.
 */

import { limits } from '../../limits.ts'
import { badRequest } from '../errors.ts'
import { entityTooLarge, unprocessable } from './failures.ts'
import { assertDepth, isObject, type JsonObject, jsonEqual, member, setMember } from './json-value.ts'

export interface JsonPatchOperation {
  op: string
  path: string
  from?: string
  value?: unknown
}

/**
 * Returns the patched document; `document` is not changed.
 * Throws 400 when the patch is not a list of operations, 413 beyond `limits.jsonPatchOperationsMax`, 422 when an operation
 * is unknown, a path is missing or a test fails.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = decode(patch)
  const patcher = new Patcher(document)
  for (const [index, operation] of operations.entries()) {
    try {
      patcher.apply(operation)
    } catch (cause) {
      if (!(cause instanceof PatchMismatch)) throw cause
      cause.message = `operation ${index} (${operation.op} ${operation.path}): ${cause.message}`
      throw Object.assign(unprocessable(), { cause })
    }
  }
  return patcher.document
}

/** Members of operations that RFC 6902 does not define, as strict field validation names them. */
export function unknownOperationFields(patch: unknown): string[] {
  if (!Array.isArray(patch)) return []
  return patch.flatMap((operation: unknown, index) =>
    isObject(operation)
      ? Object.keys(operation)
          .filter((key) => !['op', 'path', 'from', 'value'].includes(key))
          .map((key) => `json patch unknown field "[${index}].${key}"`)
      : [],
  )
}

/** Why an operation does not fit the document. */
export class PatchMismatch extends Error {
  override name = 'PatchMismatch'
}

function decode(patch: unknown): JsonPatchOperation[] {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch must be an array of operations')
  const countMax = limits.jsonPatchOperationsMax
  if (patch.length > countMax) {
    throw entityTooLarge(`The allowed maximum operations in a JSON patch is ${countMax}, got ${patch.length}`)
  }
  if (!patch.every(isObject)) throw unprocessable()
  assertDepth(patch)
  return patch as unknown[] as JsonPatchOperation[]
}

class Patcher {
  document: unknown
  /** Containers made by this patch, which may be changed in place; all others are shared with the input. */
  readonly #own = new Set<object>()
  #copiedBytes = 0

  constructor(document: unknown) {
    this.document = document
  }

  apply(operation: JsonPatchOperation): void {
    const path = pointer(operation.path)
    switch (operation.op) {
      case 'add':
        this.#add(path, operation.value ?? null)
        break
      case 'remove':
        this.#remove(path)
        break
      case 'replace':
        this.#replace(path, operation.value ?? null)
        break
      case 'move':
        this.#move(pointer(operation.from), path)
        break
      case 'copy':
        if (operation.from === '') throw new PatchMismatch('the whole document cannot be copied')
        this.#add(path, this.#copy(this.#readMember(pointer(operation.from))))
        break
      case 'test':
        this.#test(path, operation.value)
        break
      default:
        throw new PatchMismatch(`unknown operation ${JSON.stringify(operation.op)}`)
    }
  }

  #move(from: string[], to: string[]): void {
    if (to.length > from.length && from.every((token, index) => to[index] === token)) {
      throw new PatchMismatch('a value cannot be moved into itself')
    }
    const value = this.#remove(from)
    this.#add(to, value)
  }

  #copy(value: unknown): unknown {
    this.#copiedBytes += JSON.stringify(value).length
    if (this.#copiedBytes > limits.jsonPatchCopyBytesMax) {
      throw new PatchMismatch(`copied values exceed ${limits.jsonPatchCopyBytesMax} bytes`)
    }
    return copyOf(value)
  }

  #test(path: string[], expected: unknown): void {
    let actual: unknown
    try {
      actual = this.#read(path)
    } catch (error) {
      if (!(error instanceof PatchMismatch) || expected !== null) throw error
      actual = null
    }
    if (!jsonEqual(actual, expected ?? null)) throw new PatchMismatch('the value differs')
  }

  #read(path: string[]): unknown {
    let value = this.document
    for (const token of path) {
      value = Array.isArray(value)
        ? value[indexIn(value, token, 0)]
        : isObject(value)
          ? member(value, token)
          : undefined
      if (value === undefined) throw new PatchMismatch(`nothing at ${JSON.stringify(token)}`)
    }
    return value
  }

  /** Null for a member that the object at hand lacks, which upstream's library does not tell from one that is null. */
  #readMember(path: string[]): unknown {
    const last = path.at(-1)
    const parent = this.#read(path.slice(0, -1))
    return last !== undefined && isObject(parent) ? (member(parent, last) ?? null) : this.#read(path)
  }

  #replace(path: string[], value: unknown): void {
    this.#readMember(path)
    this.#set(path, value)
  }

  #add(path: string[], value: unknown): void {
    const last = path.at(-1)
    if (last === undefined) throw new PatchMismatch('the whole document can only be replaced')
    const parent = this.#writable(path.slice(0, -1))
    if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : indexIn(parent, last, 1), 0, value)
    else setMember(parent, last, value)
  }

  #set(path: string[], value: unknown): void {
    const last = path.at(-1)
    if (last === undefined) {
      if (!isObject(value) && !Array.isArray(value)) throw new PatchMismatch('a document is an object or an array')
      this.document = value
      return
    }
    const parent = this.#writable(path.slice(0, -1))
    if (Array.isArray(parent)) parent[indexIn(parent, last, 0)] = value
    else setMember(parent, last, value)
  }

  #remove(path: string[]): unknown {
    const value = this.#read(path)
    const last = path.at(-1)
    if (last === undefined) throw new PatchMismatch('the whole document cannot be removed')
    const parent = this.#writable(path.slice(0, -1))
    if (Array.isArray(parent)) parent.splice(indexIn(parent, last, 0), 1)
    else delete parent[last]
    return value
  }

  /** The container at a path, with it and all above it made ours. */
  #writable(path: string[]): JsonObject | unknown[] {
    let here = this.#owned(this.document)
    this.document = here
    for (const token of path) {
      const child = this.#owned(Array.isArray(here) ? here[indexIn(here, token, 0)] : member(here, token))
      if (Array.isArray(here)) here[indexIn(here, token, 0)] = child
      else setMember(here, token, child)
      here = child
    }
    return here
  }

  #owned(value: unknown): JsonObject | unknown[] {
    if (typeof value !== 'object' || value === null) throw new PatchMismatch('the parent is no object or array')
    if (this.#own.has(value)) return value as JsonObject | unknown[]
    const copy = Array.isArray(value) ? [...value] : { ...(value as JsonObject) }
    this.#own.add(copy)
    return copy
  }
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const key of Object.keys(value)) setMember(copy, key, copyOf(value[key]))
  return copy
}

function pointer(text: unknown): string[] {
  if (typeof text !== 'string') throw new PatchMismatch('the operation has no path')
  if (text === '') return []
  if (!text.startsWith('/')) throw new PatchMismatch('a path must start with "/"')
  if (text.length > limits.jsonPatchPathLengthMax) throw new PatchMismatch('the path leads deeper than anything goes')
  return text.slice(1).split('/').map(unescapedToken)
}

/** A name in a path, where `~` and `/` stand escaped (RFC 6901). */
export function unescapedToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Negative indices count from the end, which upstream's library accepts beyond the RFC. */
function indexIn(list: unknown[], token: string, beyond: 0 | 1): number {
  if (!/^(-?[1-9]\d{0,8}|0)$/.test(token)) throw new PatchMismatch(`${JSON.stringify(token)} is no index`)
  const index = Number(token)
  const end = list.length + beyond
  const resolved = index < 0 ? index + end : index
  if (resolved < 0 || resolved >= end) throw new PatchMismatch(`index ${index} is out of bounds`)
  return resolved
}
