import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import { mountPoints } from './mount-points.ts'

test('mountPoints reads paths with white space, and none where nothing is told', async () => {
  const disk = simulatedDisk()
  assert.deepEqual(await mountPoints(disk), [''])
  await disk.makeDirectory('/proc/self')
  await disk.write('/proc/self/mounts', 'tmpfs /a tmpfs rw 0 0\noverlay /my\\040home/b\\134c overlay ro 0 0')
  assert.deepEqual(await mountPoints(disk), ['/a', '/my home/b\\c'])
})
