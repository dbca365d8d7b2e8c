import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../../api/types/batch/v1.ts'
import { validateJobStatusUpdate } from './job-status.ts'

function faults(spec: object, failedIndexes: string, before?: string): string[] {
  const job = (indexes?: string) => ({
    metadata: {},
    spec,
    status: indexes === undefined ? {} : { failedIndexes: indexes },
  })
  return validateJobStatusUpdate(job(failedIndexes) as Job, job(before) as Job).map(
    ({ path, detail }) => `${path}: ${detail}`,
  )
}

test('failed indexes are some that the job has, where it counts failures by index', () => {
  const byIndex = { completions: 5, completionMode: 'Indexed', backoffLimitPerIndex: 1 }
  assert.deepEqual(faults(byIndex, '0-2,4'), [])
  const reading = 'status.failedIndexes: error parsing failedIndexes'
  assert.deepEqual(faults(byIndex, 'x'), [`${reading}: cannot convert string to integer for index: "x"`])
  assert.deepEqual(faults(byIndex, '5'), [`${reading}: too large index: "5"`])
  assert.deepEqual(faults(byIndex, 'x', 'x'), [])
  assert.equal(faults({ ...byIndex, backoffLimitPerIndex: undefined }, '1').length, 1)
})

test('fewer pods may have succeeded than before only where an indexed job can be scaled down', () => {
  const fewer = (spec: object) => {
    const job = (succeeded: number) => ({ metadata: {}, spec, status: { succeeded } }) as Job
    return validateJobStatusUpdate(job(0), job(1)).map(({ detail }) => detail)
  }
  const refused = ['cannot decrease the succeeded counter']
  assert.deepEqual(fewer({ completionMode: 'Indexed', completions: 2, parallelism: 2 }), [])
  assert.deepEqual(fewer({ completionMode: 'Indexed', completions: 2, parallelism: 1 }), refused)
  assert.deepEqual(fewer({ completionMode: 'NonIndexed', completions: 2, parallelism: 2 }), refused)
})
