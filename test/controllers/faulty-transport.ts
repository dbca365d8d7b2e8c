/** A transport on which some writes and reads fail, in the ways they fail on a network; watches go through. */
import type { Transport, TransportReply, TransportRequest } from '../../src/client/transport.ts'
import { TransportError } from '../../src/client/transport-error.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { Random } from '../../src/platform/random.ts'

export interface FaultOptions {
  clock: Clock
  random: Random
  /** Of the requests, from 0 to 1; asked anew for each. */
  share(): number
  onFault?(): void
}

const faults = ['conflict', 'internalError', 'lostRequest', 'lostAnswer', 'slow'] as const

export function faultyTransport(transport: Transport, { clock, random, share, onFault }: FaultOptions): Transport {
  return {
    async send(request) {
      if (!concerned(request) || random.float() >= share()) return transport.send(request)
      onFault?.()
      switch (faults[random.int(faults.length)]) {
        case 'conflict':
          return request.method === 'GET' ? status(500, 'InternalError') : status(409, 'Conflict')
        case 'internalError':
          return status(500, 'InternalError')
        case 'lostRequest':
          throw new TransportError('the connection was refused')
        case 'lostAnswer':
          await transport.send(request)
          throw new TransportError('the connection broke before the answer came')
        default:
          await clock.sleep(3_000)
          return transport.send(request)
      }
    },
    upgrade: (request) => transport.upgrade(request),
    close: () => transport.close(),
  }
}

/** Events are written in the background and tried again for minutes: they would only hold the test up. */
function concerned({ method, path }: TransportRequest): boolean {
  return !path.includes('watch=') && !path.includes('/events') && !(method === 'GET' && path.includes('limit='))
}

function status(code: number, reason: string): TransportReply {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'made to fail',
    reason,
    code,
  }
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: new TextEncoder().encode(JSON.stringify(body)),
  }
}
