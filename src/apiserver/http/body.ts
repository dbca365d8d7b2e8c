/** Reads requests' bodies, each up to the limit and all together up to another: they are held before it is known who asks. */

import { limits } from '../../limits.ts'
import type { HttpRequest } from '../../platform/net.ts'

const empty = new Uint8Array()

/** A body, or why there is none: beyond the limit, others hold too much, the client went away in the middle. */
export type Body = Uint8Array | 'too large' | 'too much at once' | 'gone'

export class BodyReader {
  readonly #bytesMax: number
  /** Of bodies that are being read or answered. */
  #held = 0

  constructor(bytesMax: number = limits.requestBodiesBytesMax) {
    this.#bytesMax = bytesMax
  }

  /** Calls `use` with the body, which counts as held until that is done. */
  async with<T>(request: HttpRequest, use: (body: Body) => Promise<T>): Promise<T> {
    const taken = { bytes: 0 }
    try {
      return await use(await this.#read(request, taken))
    } finally {
      this.#held -= taken.bytes
    }
  }

  async #read(request: HttpRequest, taken: { bytes: number }): Promise<Body> {
    const max = limits.requestBodyBytesMax
    if (request.method === 'GET' || request.method === 'HEAD') {
      if (!request.readableEnded) request.resume()
      return empty
    }
    if (request.readableEnded) return empty
    if (declaredBytes(request) > max) return drain(request, 'too large')
    const chunks: Uint8Array[] = []
    return await new Promise((resolve) => {
      request.on('data', (chunk: Uint8Array) => {
        taken.bytes += chunk.length
        this.#held += chunk.length
        chunks.push(chunk)
        if (taken.bytes <= max && this.#held <= this.#bytesMax) return
        chunks.length = 0
        resolve(drain(request, taken.bytes > max ? 'too large' : 'too much at once'))
      })
      request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
      request.on('error', () => resolve('gone'))
      request.on('close', () => resolve('gone'))
    })
  }
}

/** Zero when the client does not say. Node's object of all headers, which it makes when first asked, is not needed for it. */
function declaredBytes({ rawHeaders }: HttpRequest): number {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === contentLength.length && name.toLowerCase() === contentLength)
      return Number(rawHeaders[index + 1])
  }
  return 0
}

const contentLength = 'content-length'

function drain<R>(request: HttpRequest, result: R): R {
  request.removeAllListeners('data')
  request.resume()
  return result
}
