import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diskContract } from '../disk.contract.ts'
import { simulatedDisk } from './disk.ts'

diskContract('simulatedDisk', () => {
  const disk = simulatedDisk()
  void disk.makeDirectory('/root')
  return { disk, root: '/root', dispose: () => {} }
})

test('simulatedDisk write fails with ENOSPC when full, and succeeds again after a remove', async () => {
  const disk = simulatedDisk({ capacityBytes: 10 })
  await disk.write('/a', '12345678')
  await assert.rejects(disk.write('/b', '12345678'), { code: 'ENOSPC' })
  assert.equal(await disk.stat('/b'), undefined)
  await disk.remove('/a')
  await disk.write('/b', '12345678')
  assert.equal((await disk.usage('/')).availableBytes, 2)
})

test('simulatedDisk failNext fails one call and does nothing', async () => {
  const disk = simulatedDisk()
  disk.failNext('write', 'EIO')
  await assert.rejects(disk.write('/a', 'x'), { code: 'EIO' })
  assert.deepEqual(await disk.list('/'), [])
  await disk.write('/a', 'x')
})
