/** What vanishes by itself while it is cleaned up is no failure. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import { thawOne } from './cleanup.ts'

test('a frozen cgroup is thawed, one that has gone is passed over', async () => {
  const disk = simulatedDisk()
  await disk.makeDirectory('/frozen')
  await disk.write('/frozen/freezer.state', 'FROZEN\n')
  await thawOne(disk, '/frozen/freezer.state')
  assert.equal(await disk.readText('/frozen/freezer.state'), 'THAWED')
  await thawOne(disk, '/gone/freezer.state')
  await assert.rejects(thawOne(disk, '/frozen'), { code: 'EISDIR' })
})
