/** How watch events look on the wire. Frames of one event are made once per representation and shared by all watchers. */
import type { ApiError } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { carrying } from '../../client/carried.ts'
import type { CacheEvent } from './resource-cache.ts'
import { objectChunks, type Splice, type Stored } from './stored.ts'

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** One representation of watch events, such as JSON, protobuf or tables. */
export interface Frames {
  /** `previous`: what the change replaced, where something was there. */
  event(type: WatchEventType, stored: Stored, revision: number, previous?: Stored): Uint8Array
  bookmark(revision: number, annotations?: Record<string, string>): Uint8Array
  error(error: ApiError): Uint8Array
}

/** Remembers the frames of the newest event, because it is delivered to all watchers in one go. */
export class SharedFrames {
  readonly frames: Frames
  #event: CacheEvent | undefined
  #made: Partial<Record<WatchEventType, Uint8Array>> = {}

  constructor(frames: Frames) {
    this.frames = frames
  }

  of(type: WatchEventType, event: CacheEvent): Uint8Array {
    if (this.#event !== event) {
      this.#event = event
      this.#made = {}
    }
    this.#made[type] ??= this.#make(type, event)
    return this.#made[type]
  }

  #make(type: WatchEventType, event: CacheEvent): Uint8Array {
    const shown = type === 'DELETED' ? (event.previous ?? event.current) : event.current
    if (!shown) throw new Error(`a ${type} event without an object at revision ${event.revision}`)
    return this.frames.event(type, shown, event.revision, event.previous)
  }
}

const textEncoder = new TextEncoder()
const openings: Record<WatchEventType, Uint8Array> = {
  ADDED: textEncoder.encode('{"type":"ADDED","object":'),
  MODIFIED: textEncoder.encode('{"type":"MODIFIED","object":'),
  DELETED: textEncoder.encode('{"type":"DELETED","object":'),
}
const closing = textEncoder.encode('}\n')

/** One JSON object a line; each frame carries its event too, with the shared object. */
export function jsonFrames(splice: Splice, { kind, apiVersion }: { kind: string; apiVersion: string }): Frames {
  return {
    event(type, stored, revision) {
      const bytes = Buffer.concat([openings[type], ...objectChunks(splice, stored, revision), closing])
      return carrying(bytes, [() => ({ type, object: atRevision(stored, revision) })])
    },
    bookmark(revision, annotations) {
      return jsonLine('BOOKMARK', { kind, apiVersion, metadata: bookmarkMetadata(revision, annotations) })
    },
    error(error) {
      return jsonLine('ERROR', error.status)
    },
  }
}

export function bookmarkMetadata(
  revision: number,
  annotations: Record<string, string> | undefined,
): { resourceVersion: string; annotations?: Record<string, string> } {
  return { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) }
}

/** A watch event as one line of JSON. */
export function jsonLine(type: string, object: unknown): Uint8Array {
  return carrying(textEncoder.encode(`${JSON.stringify({ type, object })}\n`), [() => ({ type, object })])
}

/** Deletions tell the last state with the revision of the deletion. */
function atRevision(stored: Stored, revision: number): KubeObject {
  const { shared } = stored
  if (stored.revision === revision) return shared
  return { ...shared, metadata: { ...shared.metadata, resourceVersion: String(revision) } }
}
