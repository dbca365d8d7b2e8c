import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from './run.ts'
import { runStorageProgram } from './storage.ts'

/** More by `script/programs`; a seed that found something is kept below with its story. */
const programs = 200

test(`${programs} random programs end as the specifications demand`, async () => {
  for (let seed = 1; seed <= programs; seed++) {
    const { wrong, program } = await runProgram(String(seed))
    assert.deepEqual(wrong, [], `seed ${seed}:\n${program}`)
  }
})

test('a program is repeated by its seed', async () => {
  const [one, other] = [await runProgram('again'), await runProgram('again')]
  assert.deepEqual(one, other)
})

test('ten random programs about storage and load balancers end as the specifications demand', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { wrong, program } = await runStorageProgram(String(seed))
    assert.deepEqual(wrong, [], `seed ${seed}:\n${program}`)
  }
})
