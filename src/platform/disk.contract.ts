/** What every `Disk` does, run on the real and the simulated one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from './disk.ts'

export interface DiskUnderTest {
  disk: Disk
  /** An existing empty directory. */
  root: string
  dispose(): void
}

export function diskContract(name: string, make: () => DiskUnderTest): void {
  for (const [title, body] of cases) {
    test(`${name} ${title}`, async () => {
      const { disk, root, dispose } = make()
      try {
        await body(disk, root)
      } finally {
        dispose()
      }
    })
  }
}

const cases: readonly [title: string, body: (disk: Disk, root: string) => Promise<void>][] = [
  [
    'write replaces content and leaves no temporary file',
    async (disk, root) => {
      await disk.write(`${root}/a`, 'one')
      await disk.write(`${root}/a`, new TextEncoder().encode('two'))
      assert.equal(await disk.readText(`${root}/a`), 'two')
      assert.deepEqual(await disk.list(root), ['a'])
      assert.equal((await disk.stat(`${root}/a`))?.mode, 0o600)
    },
  ],

  [
    'read and write report what is missing',
    async (disk, root) => {
      await assert.rejects(disk.read(`${root}/none`), { code: 'ENOENT' })
      await assert.rejects(disk.write(`${root}/none/a`, ''), { code: 'ENOENT' })
      await assert.rejects(disk.open(`${root}/none`, 'read'), { code: 'ENOENT' })
      await assert.rejects(disk.rename(`${root}/none`, `${root}/a`), { code: 'ENOENT' })
      assert.equal(await disk.stat(`${root}/none`), undefined)
      assert.deepEqual(await disk.list(`${root}/none`), [])
    },
  ],

  [
    'makeDirectory makes parents; remove takes the tree and accepts nothing there',
    async (disk, root) => {
      await disk.makeDirectory(`${root}/a/b`, 0o700)
      await disk.makeDirectory(`${root}/a/b`)
      await disk.write(`${root}/a/b/c`, 'x')
      assert.equal((await disk.stat(`${root}/a/b`))?.kind, 'directory')
      assert.equal((await disk.stat(`${root}/a/b`))?.mode, 0o700)
      await disk.remove(`${root}/a`)
      await disk.remove(`${root}/a`)
      assert.deepEqual(await disk.list(root), [])
    },
  ],

  [
    'symlinks are followed by read, shown by stat and resolved by realPath',
    async (disk, root) => {
      await disk.makeDirectory(`${root}/v1`)
      await disk.write(`${root}/v1/key`, 'secret')
      await disk.symlink('v1', `${root}/current`)
      assert.equal(await disk.readText(`${root}/current/key`), 'secret')
      assert.equal((await disk.stat(`${root}/current`))?.kind, 'symlink')
      assert.equal(await disk.readLink(`${root}/current`), 'v1')
      assert.equal(await disk.realPath(`${root}/current/key`), `${await disk.realPath(root)}/v1/key`)
      await assert.rejects(disk.symlink('v1', `${root}/current`), { code: 'EEXIST' })
    },
  ],

  [
    'rename replaces the target in one step',
    async (disk, root) => {
      await disk.write(`${root}/a`, 'new')
      await disk.write(`${root}/b`, 'old')
      await disk.rename(`${root}/a`, `${root}/b`)
      assert.deepEqual(await disk.list(root), ['b'])
      assert.equal(await disk.readText(`${root}/b`), 'new')
    },
  ],

  [
    'an open file appends, reads at a position, and keeps its inode through a rename',
    async (disk, root) => {
      const log = await disk.open(`${root}/log`, 'append')
      await log.append(new TextEncoder().encode('hello '))
      await log.append(new TextEncoder().encode('world'))
      await disk.rename(`${root}/log`, `${root}/log.1`)
      await log.append(new TextEncoder().encode('!'))
      const reader = await disk.open(`${root}/log.1`, 'read')
      const buffer = new Uint8Array(32)
      const length = await reader.read(buffer, 6)
      assert.equal(new TextDecoder().decode(buffer.subarray(0, length)), 'world!')
      assert.equal(await reader.inode(), await log.inode())
      assert.equal(await reader.sizeBytes(), 12)
      assert.equal(await reader.read(buffer, 99), 0)
      await log.close()
      await reader.close()
    },
  ],

  [
    'treeSizeBytes grows with files, chmod changes the mode, usage is consistent',
    async (disk, root) => {
      const before = await disk.treeSizeBytes(root)
      await disk.write(`${root}/big`, new Uint8Array(100_000))
      assert.ok((await disk.treeSizeBytes(root)) >= before + 100_000)
      assert.equal(await disk.treeSizeBytes(`${root}/none`), 0)
      await disk.chmod(`${root}/big`, 0o640)
      assert.equal((await disk.stat(`${root}/big`))?.mode, 0o640)
      const usage = await disk.usage(root)
      assert.ok(usage.availableBytes <= usage.capacityBytes && usage.inodesFree <= usage.inodes)
    },
  ],

  [
    'watch reports changes in the directory until it is stopped',
    async (disk, root) => {
      const changed = Promise.withResolvers<void>()
      const stop = disk.watch(root, changed.resolve)
      await disk.write(`${root}/a`, 'x')
      await changed.promise
      stop()
    },
  ],
]
