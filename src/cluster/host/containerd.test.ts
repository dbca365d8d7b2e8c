import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silent } from '../../platform/log.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import { type ContainerdOptions, startContainerd } from './containerd.ts'
import { containerdConfig, loopbackRegistry } from './containerd-config.ts'
import { describeImages } from './images/catalog.ts'
import { ensureImages, listImages } from './images/import.ts'
import { hostPaths } from './paths.ts'
import { installedPackage } from './provide-images.ts'

const input = { pauseImage: 'k8ts.local/pause:1.0', cniBinDirectory: '/usr/lib/cni', restrictOomScoreAdj: true }

test('containerdConfig keeps everything below the home directory', () => {
  const config = containerdConfig({ ...input, paths: hostPaths('/home/x "y"') })
  const settings = config.split('\n').filter((line) => /^(root|state|address|conf_dir|config_path|Root) = /.test(line))
  assert.equal(settings.length, 7)
  for (const setting of settings) assert.match(setting, /= "\/home\/x \\"y\\"\//)
  assert.match(config, /^restrict_oom_score_adj = true$/m)
})

test('loopbackRegistry allows plain HTTP', () => {
  assert.match(loopbackRegistry('localhost:5000'), /server = "http:\/\/localhost:5000"/)
})

async function missingForContainers(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'SKIPPED: needs root'
  const found = await realPlatform()
    .exec.run(['containerd', '--version'])
    .catch(() => undefined)
  return found ? false : 'SKIPPED: needs containerd'
}

test('startContainerd imports images, is adopted, restarts when killed and stops', {
  skip: await missingForContainers(),
  timeout: 60_000,
}, async () => {
  const home = await mkdtemp(join(tmpdir(), 'k8ts-ctd-'))
  const platform = realPlatform()
  const paths = hostPaths(home)
  let restarted: () => void = () => {}
  const restart = new Promise<void>((resolve) => {
    restarted = resolve
  })
  const options: ContainerdOptions = { ...platform, log: silent, paths, onRestart: () => restarted() }
  // The platform's timers never keep a process alive.
  const keepAlive = setInterval(() => {}, 60_000)
  const first = await startContainerd(options)
  try {
    assert.equal(await first.health(), undefined)
    const imports = {
      ...platform,
      log: silent,
      socketPath: paths.containerdSocket,
      directory: paths.imagesDirectory,
    }
    const specs = await describeImages({ ...platform, ...installedPackage() }, ['pause', 'hello'])
    assert.deepEqual(await ensureImages(imports, specs), ['k8ts.local/pause:1.0', 'k8ts.local/hello:1.0'])
    assert.deepEqual(await ensureImages(imports, specs), [])
    assert.ok((await listImages(imports)).has('k8ts.local/hello:1.0'))

    first.release()
    const second = await startContainerd(options)
    assert.deepEqual([second.adopted, second.pid], [true, first.pid])
    process.kill(second.pid, 'SIGKILL')
    await restart
    assert.notEqual(second.pid, first.pid)
    assert.equal(await second.health(), undefined)
    const { pid } = second
    await second.stop()
    assert.equal(platform.exec.alive(pid), false)
    await assert.rejects(stat(paths.containerdPid))
    assert.doesNotMatch(await readFile(paths.containerdLog, 'utf8'), /level=fatal/)
  } finally {
    clearInterval(keepAlive)
    const pid = Number(await readFile(paths.containerdPid, 'utf8').catch(() => 'NaN'))
    if (pid > 1) process.kill(pid, 'SIGKILL')
    await rm(home, { recursive: true, force: true })
  }
})
