import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { diskContract } from '../disk.contract.ts'
import { realDisk } from './disk.ts'

diskContract('realDisk', () => {
  const root = mkdtempSync(join(tmpdir(), 'k8ts-disk-'))
  return { disk: realDisk(), root, dispose: () => rmSync(root, { recursive: true, force: true }) }
})

test('realDisk write sets the exact mode whatever the umask', async () => {
  const root = mkdtempSync(join(tmpdir(), 'k8ts-disk-'))
  const before = process.umask(0o077)
  try {
    await realDisk().write(join(root, 'a'), 'x', { mode: 0o644 })
    assert.equal(statSync(join(root, 'a')).mode & 0o777, 0o644)
  } finally {
    process.umask(before)
    rmSync(root, { recursive: true })
  }
})
