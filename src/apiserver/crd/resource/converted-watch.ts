/** A watch whose objects a webhook converts: events wait for it, in order. */
import type { KubeObject } from '../../../api/meta.ts'
import { bookmarkMetadata, type Frames, jsonLine, type WatchEventType } from '../../cache/frames.ts'
import { decodeStored, encodeStored, Stored } from '../../cache/stored.ts'
import { asApiError } from '../../http/status.ts'
import type { Served } from '../../scheme/served.ts'

interface Event {
  type: string
  object: KubeObject
}

/** `stored` yields lines of events with objects as they are stored; `frames` are those of the version served. */
export async function* convertedWatch(
  stored: AsyncIterable<Uint8Array>,
  served: Served,
  frames: Frames,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stored) {
      const events = new TextDecoder()
        .decode(chunk)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Event)
      const changes = events.filter(isChange).map(({ object }) => asStored(served, object))
      await served.prepare?.(changes)
      yield Buffer.concat(events.map((event) => frameOf(event, frames, changes)))
    }
  } catch (error) {
    yield frames.error(asApiError(error))
  }
}

/** Events with objects as they are stored, for `convertedWatch`. */
export function storedFrames({ resource }: Served): Frames {
  const { kind } = resource
  return {
    event: (type, { value }, revision) => jsonLine(type, decodeStored(value, revision)),
    bookmark: (revision, annotations) =>
      jsonLine('BOOKMARK', { kind, metadata: bookmarkMetadata(revision, annotations) }),
    error: ({ status }) => jsonLine('ERROR', status),
  }
}

function isChange({ type }: Event): boolean {
  return type !== 'BOOKMARK' && type !== 'ERROR'
}

function asStored(served: Served, object: KubeObject): Stored {
  const modRevision = Number(object.metadata.resourceVersion ?? 0)
  return new Stored({ key: '', value: encodeStored(object, served.storedType), modRevision })
}

/** Takes the next of the changes. */
function frameOf({ type, object }: Event, frames: Frames, changes: Stored[]): Uint8Array {
  const { resourceVersion, annotations } = object.metadata ?? {}
  if (type === 'BOOKMARK') return frames.bookmark(Number(resourceVersion), annotations)
  if (type === 'ERROR') return Buffer.from(`${JSON.stringify({ type, object })}\n`)
  const stored = changes.shift()!
  return frames.event(type as WatchEventType, stored, stored.revision)
}
