import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { realPlatform } from '../../platform/real/platform.ts'
import { LocalVolumes } from './local-volumes.ts'

const name = 'pvc-0b0e9a54-6a0c-4f6e-9d53-0d3f2a7e8c11'

async function withVolumes(body: (volumes: LocalVolumes, root: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'k8ts-local-volumes-'))
  try {
    await body(new LocalVolumes(realPlatform().disk, join(home, 'volumes')), home)
  } finally {
    await rm(home, { recursive: true })
  }
}

const volumeAt = (path: string, provisioner = 'k8ts.dev/local-path') => ({
  metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
  spec: { local: { path } },
})

test('LocalVolumes makes its own directories alone, writable for the pod, closed to others', () =>
  withVolumes(async (volumes, home) => {
    const path = join(home, 'volumes', name)
    await volumes.ensure(volumeAt(join(home, 'elsewhere')))
    await volumes.ensure(volumeAt(path, 'other'))
    await assert.rejects(stat(join(home, 'volumes')), { code: 'ENOENT' })
    await volumes.ensure(volumeAt(path))
    await volumes.ensure(volumeAt(path))
    assert.equal((await stat(path)).mode & 0o777, 0o777)
    assert.equal((await stat(join(home, 'volumes'))).mode & 0o777, 0o700)
  }))

test('LocalVolumes removes a directory with what is in it, and follows no links', () =>
  withVolumes(async (volumes, home) => {
    const path = join(home, 'volumes', name)
    await mkdir(join(home, 'kept'))
    await writeFile(join(home, 'kept', 'file'), 'x')
    await volumes.ensure(volumeAt(path))
    await symlink(join(home, 'kept'), join(path, 'link'))
    await volumes.remove(name)
    await volumes.remove(name)
    await assert.rejects(stat(path), { code: 'ENOENT' })
    await stat(join(home, 'kept', 'file'))
  }))

test('LocalVolumes refuses names that are not given out', () =>
  withVolumes(async (volumes) => {
    for (const bad of ['', '..', '../x', `${name}/..`, 'data', `${name}\0`, name.toUpperCase()])
      await assert.rejects(volumes.remove(bad), { code: 400 }, JSON.stringify(bad))
  }))

test('LocalVolumes does not take a link for a directory', () =>
  withVolumes(async (volumes, home) => {
    await mkdir(join(home, 'volumes'))
    await symlink('/etc', join(home, 'volumes', name))
    await assert.rejects(volumes.ensure(volumeAt(join(home, 'volumes', name))), /is a symlink/)
  }))
