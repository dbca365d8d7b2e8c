import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Exec } from '../../platform/exec.ts'
import { silent } from '../../platform/log.ts'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import { podSteps } from '../pod/resize.ts'
import { type Cgroups, detectCgroups, type PodCgroup } from './cgroups.ts'

const amounts = { cpu: '500m', memory: '64Mi' }
const pod: Pod = {
  metadata: { name: 'p', uid: 'u' },
  spec: { containers: [{ name: 'c', resources: { requests: amounts, limits: amounts } }] },
}

async function cgroupsOf(version: 1 | 2): Promise<{ cgroups: Cgroups; read(path: string): Promise<string> }> {
  const disk = simulatedDisk()
  await disk.makeDirectory('/sys/fs/cgroup/pids')
  if (version === 2) await disk.write('/sys/fs/cgroup/cgroup.controllers', 'cpu memory pids')
  const cgroups = await detectCgroups({ disk, exec: {} as Exec, log: silent, podPidsMax: 64 }, '/root')
  return { cgroups, read: (path) => disk.readText(`/sys/fs/cgroup/${path}`) }
}

test('preparePod, writePod and readPod agree on cgroup v2', async () => {
  const { cgroups, read } = await cgroupsOf(2)
  await cgroups.preparePod(pod)
  const at = 'root/kubepods/podu'
  assert.deepEqual(
    await Promise.all(['cpu.weight', 'cpu.max', 'memory.max', 'pids.max'].map((file) => read(`${at}/${file}`))),
    ['20', '50000 100000', String(64 * 2 ** 20), '64'],
  )
  const before = await cgroups.readPod(pod)
  assert.deepEqual([before?.cpuQuotaUs, before?.memoryBytes], [50_000, 64 * 2 ** 20])
  await cgroups.writePod(pod, { cpuShares: 1024, cpuQuotaUs: 100_000 })
  const after = await cgroups.readPod(pod)
  assert.deepEqual([after?.cpuQuotaUs, Math.round((after?.cpuShares ?? 0) / 100)], [100_000, 10])
})

test('preparePod, writePod and readPod agree on cgroup v1', async () => {
  const { cgroups, read } = await cgroupsOf(1)
  await cgroups.preparePod(pod)
  await cgroups.writePod(pod, { memoryBytes: 2 ** 20, cpuShares: 2 })
  assert.equal(await read('memory/root/kubepods/podu/memory.limit_in_bytes'), String(2 ** 20))
  const { cpuShares, cpuQuotaUs, memoryBytes } = (await cgroups.readPod(pod)) as PodCgroup
  assert.deepEqual([cpuShares, cpuQuotaUs, memoryBytes], [2, 50_000, 2 ** 20])
  assert.equal(await cgroups.readPod({ ...pod, metadata: { uid: 'other' } }), undefined)
})

test('podSteps grows a pod before its containers, limits first, and shrinks it after them, limits last', () => {
  const before: PodCgroup = { cpuShares: 100, cpuQuotaUs: 10_000, memoryBytes: 50, memoryUsageBytes: 0 }
  assert.deepEqual(podSteps('cpu', before, { cpuShares: 200, cpuQuotaUs: 20_000 }), {
    grow: [{ cpuQuotaUs: 20_000 }, { cpuShares: 200 }],
    shrink: [],
  })
  assert.deepEqual(podSteps('cpu', before, { cpuShares: 50, cpuQuotaUs: 5_000 }), {
    grow: [],
    shrink: [{ cpuShares: 50 }, { cpuQuotaUs: 5_000 }],
  })
  assert.deepEqual(podSteps('memory', before, { cpuShares: 50 }), { grow: [], shrink: [] })
  const unlimited = { ...before, memoryBytes: undefined }
  assert.deepEqual(podSteps('memory', unlimited, { cpuShares: 1, memoryBytes: 9 }).shrink, [{ memoryBytes: 9 }])
})
