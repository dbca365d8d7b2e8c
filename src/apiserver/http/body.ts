/** Reads a request's body up to the limit. */

import { limits } from '../../limits.ts'
import type { HttpRequest } from '../../platform/net.ts'

const empty = new Uint8Array()

/** The whole body; `too large` beyond the limit; `gone` when the client went away in the middle. */
export async function readBody(request: HttpRequest): Promise<Uint8Array | 'too large' | 'gone'> {
  const max = limits.requestBodyBytesMax
  if (request.method === 'GET' || request.method === 'HEAD') {
    request.resume()
    return empty
  }
  if (Number(request.headers['content-length'] ?? 0) > max) return drain(request, 'too large')
  const chunks: Uint8Array[] = []
  let length = 0
  return await new Promise((resolve) => {
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length <= max) chunks.push(chunk)
      else resolve(drain(request, 'too large'))
    })
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.once('error', () => resolve('gone'))
    request.once('close', () => resolve('gone'))
  })
}

function drain(request: HttpRequest, result: 'too large'): 'too large' {
  request.removeAllListeners('data')
  request.resume()
  return result
}
