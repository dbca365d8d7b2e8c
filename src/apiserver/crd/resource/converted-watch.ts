/** A watch whose objects a webhook converts: events wait for it, in order. */
import type { KubeObject } from '../../../api/meta.ts'
import { bookmarkMetadata, type Frames, jsonLine, type WatchEventType } from '../../cache/frames.ts'
import { decodeStored, encodeStored, Stored } from '../../cache/stored.ts'
import { asApiError } from '../../http/status.ts'
import type { Served } from '../../scheme/served.ts'

interface Event {
  type: string
  object: KubeObject
  /** What a change replaced. */
  previous?: KubeObject
}

type Matches = (stored: Stored) => boolean

/** `stored` yields lines of events with objects as they are stored; `frames` are those of the version served. */
export async function* convertedWatch(
  stored: AsyncIterable<Uint8Array>,
  served: Served,
  { frames, matches }: { frames: Frames; matches: Matches | undefined },
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stored) {
      const events = new TextDecoder()
        .decode(chunk)
        .trimEnd()
        .split('\n')
        .map((line) => converting(served, JSON.parse(line) as Event, matches !== undefined))
      await served.prepare?.(events.flatMap(({ shown, before }) => [shown, before]).filter((one) => one !== undefined))
      const bytes = Buffer.concat(events.map((event) => frameOf(event, frames, matches)))
      if (bytes.length > 0) yield bytes
    }
  } catch (error) {
    yield frames.error(asApiError(error))
  }
}

/** An event with its objects as values that the version served can look at, once they are prepared. */
interface Converting {
  type: string
  object: KubeObject
  shown?: Stored
  before?: Stored
}

function converting(served: Served, { type, object, previous }: Event, selective: boolean): Converting {
  if (type === 'BOOKMARK' || type === 'ERROR') return { type, object }
  const before = selective && previous ? { before: asStored(served, previous) } : {}
  return { type, object, shown: asStored(served, object), ...before }
}

/** Events with objects as they are stored, for `convertedWatch`. */
export function storedFrames({ resource }: Served): Frames {
  const { kind } = resource
  return {
    event: (type, { value }, revision, previous) => {
      const replaced = previous && { previous: decodeStored(previous.value, previous.revision) }
      return lineOf({ type, object: decodeStored(value, revision), ...replaced })
    },
    bookmark: (revision, annotations) =>
      jsonLine('BOOKMARK', { kind, metadata: bookmarkMetadata(revision, annotations) }),
    error: ({ status }) => jsonLine('ERROR', status),
  }
}

function asStored(served: Served, object: KubeObject): Stored {
  const modRevision = Number(object.metadata.resourceVersion ?? 0)
  return new Stored({ key: '', value: encodeStored(object, served.storedType), modRevision })
}

/** Empty for what the selection never had. An object that leaves it is told with its last state in it. */
function frameOf(
  { type, object, shown, before }: Converting,
  frames: Frames,
  matches: Matches = () => true,
): Uint8Array {
  const { resourceVersion, annotations } = object.metadata ?? {}
  if (type === 'BOOKMARK') return frames.bookmark(Number(resourceVersion), annotations)
  if (!shown) return lineOf({ type, object })
  const now = matches(shown)
  if (type !== 'MODIFIED') return now ? frames.event(type as WatchEventType, shown, shown.revision) : nothing
  const was = before ? matches(before) : now
  if (now) return frames.event(was ? 'MODIFIED' : 'ADDED', shown, shown.revision)
  return was ? frames.event('DELETED', before ?? shown, shown.revision) : nothing
}

const nothing = new Uint8Array()

function lineOf(event: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(event)}\n`)
}
