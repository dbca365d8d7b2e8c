/**
 * Watches are complete and ordered: whoever watches from a revision is told of each later change of what it watches,
 * once, in order, as what it is. Looks at the stream as it reaches the client and compares it with the truth.
 */
import { builtInStorePrefix } from '../../apiserver/scheme/store-prefix.ts'
import type { Transport } from '../../client/transport.ts'
import type { Findings } from './findings.ts'
import { infoOf } from './request-info.ts'
import { selects } from './selection.ts'
import { type Change, decoded, type Truth } from './truth.ts'

interface Watched {
  who: string
  changes: readonly Change[]
  keyPrefix: string
  /** Absent: all. */
  wants?: ((value: Uint8Array) => boolean) | undefined
  /** Index of the next change that has not been looked at. */
  next: number
  /** Revision up to which everything has been told. */
  told: number
}

interface Frame {
  type: string
  revision: number
}

export class WatchCheck {
  readonly #truth: Truth
  readonly #findings: Findings
  readonly #open = new Set<Watched>()

  constructor(truth: Truth, findings: Findings) {
    this.#truth = truth
    this.#findings = findings
  }

  /** A component's way to the server, listened to. */
  transport(inner: Transport, component: string): Transport {
    return {
      ...inner,
      send: async (request) => {
        const reply = await inner.send(request)
        if (reply.body instanceof Uint8Array) return reply
        const watched = this.#watchedOf(component, request.path)
        return watched ? { ...reply, body: this.#listen(reply.body, watched) } : reply
      },
    }
  }

  /** When everybody had time to be told of everything up to this revision. */
  checkAllTold(revision: number): void {
    for (const watched of this.#open) {
      const missing = this.#nextOf(watched)
      if (missing && missing.revision <= revision)
        this.#report(watched, `was never told of ${missing.key} at revision ${missing.revision}`)
    }
  }

  #watchedOf(component: string, path: string): Watched | undefined {
    const info = infoOf({ method: 'GET', path })
    const query = new URLSearchParams(path.split('?')[1] ?? '')
    const from = Number(query.get('resourceVersion') ?? '')
    if (!(from > 0) || query.get('sendInitialEvents') === 'true') return undefined
    const labelSelector = query.get('labelSelector') ?? ''
    const fieldSelector = query.get('fieldSelector') ?? ''
    const wants = labelSelector + fieldSelector === '' ? undefined : selects({ labelSelector, fieldSelector })
    const prefix = builtInStorePrefix({ group: info.apiGroup, plural: info.resource })
    const changes = this.#truth.changesOf(prefix)
    return {
      who: `${component}'s watch of ${[info.resource, labelSelector, fieldSelector].join(' ').trim()} from ${from}`,
      changes,
      keyPrefix: info.namespace === '' ? prefix : `${prefix}${info.namespace}/`,
      wants: wants && ((value) => wants(decoded(value))),
      next: firstAfter(changes, from),
      told: from,
    }
  }

  async *#listen(body: AsyncIterable<Uint8Array>, watched: Watched): AsyncGenerator<Uint8Array> {
    this.#open.add(watched)
    try {
      for await (const piece of body) {
        for (const frame of framesOf(piece)) this.#compare(watched, frame)
        yield piece
      }
    } finally {
      this.#open.delete(watched)
    }
  }

  #compare(watched: Watched, { type, revision }: Frame): void {
    if (type === 'ERROR') return
    if (type === 'BOOKMARK') {
      const missed = this.#nextOf(watched)
      if (missed && missed.revision <= revision) {
        this.#report(watched, `was told to be at revision ${revision}, but not of ${missed.key} at ${missed.revision}`)
      }
      watched.told = Math.max(watched.told, revision)
      return
    }
    if (revision <= watched.told) return this.#report(watched, `was told of revision ${revision} after ${watched.told}`)
    const due = this.#nextOf(watched)
    if (!due || due.revision !== revision) {
      const missing = due ? `${due.key} at revision ${due.revision}` : 'no change'
      return this.#report(watched, `was told of revision ${revision} where ${missing} was due`)
    }
    const wanted = this.#typeOf(watched, due)
    if (wanted !== type) this.#report(watched, `was told ${type} of ${due.key} at ${revision}, which is ${wanted}`)
    watched.told = revision
    watched.next++
  }

  /** The next change that the watcher has to be told of. */
  #nextOf(watched: Watched): Change | undefined {
    for (; watched.next < watched.changes.length; watched.next++) {
      const change = watched.changes[watched.next]!
      if (change.key.startsWith(watched.keyPrefix) && this.#typeOf(watched, change)) return change
    }
    return undefined
  }

  #typeOf({ wants }: Watched, { value, previous }: Change): string | undefined {
    const now = value !== undefined && (wants?.(value) ?? true)
    const before = previous !== undefined && (wants?.(previous) ?? true)
    if (now) return before ? 'MODIFIED' : 'ADDED'
    return before ? 'DELETED' : undefined
  }

  #report({ who }: Watched, text: string): void {
    this.#findings.report('watches are complete and ordered', `${who} ${text}`)
  }
}

function firstAfter(changes: readonly Change[], revision: number): number {
  let low = 0
  let high = changes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (changes[middle]!.revision <= revision) low = middle + 1
    else high = middle
  }
  return low
}

const typeStart = '{"type":"'.length
const versionMark = '"resourceVersion":"'

/** Types and versions of the frames of a piece, without decoding the objects: the version opens their metadata. */
function framesOf(piece: Uint8Array): Frame[] {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  const frames: Frame[] = []
  for (let start = 0; start < bytes.length; ) {
    const lineEnd = bytes.indexOf(10, start)
    const end = lineEnd < 0 ? bytes.length : lineEnd
    const type = bytes.toString('latin1', start + typeStart, bytes.indexOf(34, start + typeStart))
    const at = bytes.indexOf(versionMark, start)
    const from = at + versionMark.length
    const revision = at < 0 || at > end ? 0 : Number(bytes.toString('latin1', from, bytes.indexOf(34, from)))
    frames.push({ type, revision })
    start = end + 1
  }
  return frames
}
