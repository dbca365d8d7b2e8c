/** No usable answer came: the connection failed, broke, or what came was not what the protocol says. */
import { messageOf } from '../platform/log.ts'
export class TransportError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TransportError'
  }
}

export function asTransportError(action: string, error: unknown): TransportError {
  if (error instanceof TransportError) return error
  const reason = messageOf(error)
  return new TransportError(`${action}: ${reason}`, { cause: error })
}
