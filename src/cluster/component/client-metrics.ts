/** `rest_client_*` of a component's requests to the API server. Source: client-go's metrics. */
import { Counter, type Family, Histogram } from '../../apiserver/metrics/families.ts'
import type { Transport, TransportRequest } from '../../client/transport.ts'
import type { Clock } from '../../platform/clock.ts'

/** Seconds. Source: client-go. */
const buckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

/** Bytes. Source: client-go. */
const sizeBuckets = [64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216]

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

  readonly #waits = new Histogram(
    'rest_client_rate_limiter_duration_seconds',
    'How long requests were held back by --kube-api-qps.',
    ['host', 'verb'],
    buckets,
  )
  readonly #sent = new Histogram('rest_client_request_size_bytes', 'Bytes of requests.', ['host', 'verb'], sizeBuckets)
  readonly #received = new Histogram(
    'rest_client_response_size_bytes',
    'Bytes of answers; those that stream are not counted.',
    ['host', 'verb'],
    sizeBuckets,
  )

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get families(): Family[] {
    return [this.#requests, this.#durations, this.#waits, this.#sent, this.#received]
  }

  /** How long a request was held back. `server`: its URL. */
  waited(server: string, { method }: Pick<TransportRequest, 'method'>, seconds: number): void {
    this.#waits.observe([new URL(server).host, method], seconds)
  }

  /** The same transport, with its requests counted. `server`: its URL. */
  counted(transport: Transport, server: string): Transport {
    const { host } = new URL(server)
    const count = async <R extends { status: number; body: unknown }>(
      { method, body }: TransportRequest,
      answer: Promise<R>,
    ): Promise<R> => {
      const startMs = this.#clock.monotonicMs()
      const ended = (code: string) => {
        this.#requests.add([code, host, method])
        this.#durations.observe([host, method], (this.#clock.monotonicMs() - startMs) / 1000)
      }
      try {
        this.#sent.observe([host, method], body?.byteLength ?? 0)
        const reply = await answer
        ended(String(reply.status))
        if (reply.body instanceof Uint8Array) this.#received.observe([host, method], reply.body.byteLength)
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
