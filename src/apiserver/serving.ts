/**
 * How many requests are served at once and how long one may take; flags of a server of its own change it.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/ and kube-apiserver's defaults.
 */
import { parseDuration } from '../api/codec/time.ts'
import { badRequest, timeout } from '../api/errors.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../platform/clock.ts'
import { type ApiRequest, isLongRunning, type RequestInfo } from './request.ts'

export interface Serving {
  readRequestsInFlightMax: number
  writeRequestsInFlightMax: number
  /** Whether requests beyond that wait by priority; else they are turned away. */
  priorityAndFairness: boolean
  /** Of requests that are not long-running; what a client asks for by `timeout` counts when it is less. */
  requestTimeoutMs: number
  /** Of watches that ask for no time of their own; they end after up to twice as long. */
  watchTimeoutSeconds: number
}

export const standardServing: Serving = {
  readRequestsInFlightMax: limits.readRequestsInFlightMax,
  writeRequestsInFlightMax: limits.writeRequestsInFlightMax,
  priorityAndFairness: true,
  requestTimeoutMs: limits.requestTimeoutMs,
  watchTimeoutSeconds: limits.watchTimeoutSeconds,
}

/** Throws a 400 when the client's `timeout` is no duration. Undefined: the request may last. */
export function deadlineMs(request: ApiRequest, info: RequestInfo, serving: Serving): number | undefined {
  if (isLongRunning(info)) return undefined
  const asked = request.query.get('timeout')
  if (asked === null || asked === '') return serving.requestTimeoutMs
  const nanos = parseDuration(asked)
  if (nanos === undefined) {
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(asked)}`)
  }
  const ms = Number(nanos) / 1e6
  return ms > 0 ? Math.min(ms, serving.requestTimeoutMs) : serving.requestTimeoutMs
}

/** The answer, or a 504 when it takes longer. What is under way then goes on unseen. */
export function withinDeadline<T>(clock: Clock, ms: number | undefined, answer: Promise<T>): Promise<T> {
  if (ms === undefined) return answer
  return new Promise((resolve, reject) => {
    const late = () => reject(timeout('request did not complete within the allotted timeout'))
    const cancel = clock.after(ms, late)
    answer.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}
