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
const write = of('POST', '/api/v1/namespaces/a/pods')

test('InFlightLimit refuses readers and writers apart, and lets in again who waited', () => {
  const limit = new InFlightLimit()
  const leaves = Array.from({ length: limits.readRequestsInFlightMax }, () => limit.enter(read, user))
  assert.throws(
    () => limit.enter(read, user),
    (error: unknown) =>
      error instanceof ApiError && error.code === 429 && error.status.details?.retryAfterSeconds === 1,
  )
  limit.enter(write, user)()
  const [leave] = leaves
  leave?.()
  leave?.()
  assert.deepEqual(limit.current, { reads: limits.readRequestsInFlightMax - 1, writes: 0 })
  limit.enter(read, user)
  assert.throws(() => limit.enter(read, user))
})

test('InFlightLimit does not count watches and masters', () => {
  const limit = new InFlightLimit()
  limit.enter(of('GET', '/api/v1/pods', 'watch=1'), user)
  limit.enter(read, { ...user, groups: ['system:masters'] })
  assert.deepEqual(limit.current, { reads: 0, writes: 0 })
})
