/** `rest_client_*` of a component's requests to the API server. Source: client-go's metrics. */
import { Counter, type Family, Histogram } from '../../apiserver/metrics/families.ts'
import type { Transport, TransportRequest } from '../../client/transport.ts'
import type { Clock } from '../../platform/clock.ts'

/** Seconds. Source: client-go. */
const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

export class ClientMetrics {
  readonly #clock: Clock
  readonly #requests = new Counter('rest_client_requests_total', 'Requests to the API server.', [
    'code',
    'host',
    'method',
  ])
  readonly #durations = new Histogram(
    'rest_client_request_duration_seconds',
    'How long requests took until their answer began.',
    ['host', 'verb'],
    buckets,
  )

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get families(): Family[] {
    return [this.#requests, this.#durations]
  }

  /** The same transport, with its requests counted. `server`: its URL. */
  counted(transport: Transport, server: string): Transport {
    const { host } = new URL(server)
    const count = async <R extends { status: number }>(
      { method }: TransportRequest,
      answer: Promise<R>,
    ): Promise<R> => {
      const startMs = this.#clock.monotonicMs()
      const ended = (code: string) => {
        this.#requests.add([code, host, method])
        this.#durations.observe([host, method], (this.#clock.monotonicMs() - startMs) / 1000)
      }
      try {
        const reply = await answer
        ended(String(reply.status))
        return reply
      } catch (error) {
        ended('<error>')
        throw error
      }
    }
    return {
      send: (request) => count(request, transport.send(request)),
      upgrade: (request) => count(request, transport.upgrade(request)),
      close: () => transport.close(),
    }
  }
}
