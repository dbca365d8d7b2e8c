import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../api/errors.ts'
import { limits } from '../../limits.ts'
import { requestInfoOf } from '../request.ts'
import { InFlightLimit } from './in-flight.ts'

const of = (method: string, path: string, query = '') =>
  requestInfoOf({ method, path, query: new URLSearchParams(query) })
const user = { name: 'u', groups: [], extra: {} }
const read = of('GET', '/api/v1/pods')
const enter = (limit: InFlightLimit, info: typeof read) => limit.enter(undefined, info, user)
const write = of('POST', '/api/v1/namespaces/a/pods')

test('InFlightLimit refuses readers and writers apart, and lets in again who waited', () => {
  const limit = new InFlightLimit()
  const entered = Array.from({ length: limits.readRequestsInFlightMax }, () => enter(limit, read))
  assert.throws(
    () => enter(limit, read),
    (error: unknown) =>
      error instanceof ApiError && error.code === 429 && error.status.details?.retryAfterSeconds === 1,
  )
  enter(limit, write).leave()
  const [first] = entered
  first?.leave()
  first?.leave()
  assert.deepEqual(limit.current, { reads: limits.readRequestsInFlightMax - 1, writes: 0 })
  enter(limit, read)
  assert.throws(() => enter(limit, read))
})

test('InFlightLimit does not count watches and masters', () => {
  const limit = new InFlightLimit()
  enter(limit, of('GET', '/api/v1/pods', 'watch=1'))
  limit.enter(undefined, read, { ...user, groups: ['system:masters'] })
  assert.deepEqual(limit.current, { reads: 0, writes: 0 })
})
