/**
 * Rotates container logs: a file beyond the limit is renamed with a time stamp and the runtime opens a new one; files
 * beyond the number kept are removed, all but the newest rotated one are compressed.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation
 */
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { rfc3339 } from '../../platform/clock.ts'
import { defaults, type KubeletConfig } from '../config.ts'
import { containerLogPath, podLogDirectory } from '../pod/names.ts'
import type { PodParts } from '../pod/parts.ts'
import { runningContainers } from '../pod/runtime-state.ts'
import type { PodManager } from '../pod-manager.ts'

const compress = promisify(gzip)
/** Larger rotated files are kept as they are rather than read into memory. */
const compressBytesMax = 32 * 1024 * 1024

export async function rotateLogs(parts: PodParts & { manager: PodManager; config: KubeletConfig }): Promise<void> {
  const { manager, disk, config, settings } = parts
  const bytesMax = config.containerLogBytesMax ?? defaults.containerLogBytesMax
  for (const worker of manager.workers()) {
    const directory = podLogDirectory(settings.logRoot, worker.pod)
    for (const { id, name, restartCount } of runningContainers(worker.containers)) {
      const path = join(directory, containerLogPath(name, restartCount))
      const info = await disk.stat(path)
      if (!info || info.sizeBytes < bytesMax) continue
      await rotate(parts, id, path)
    }
  }
}

async function rotate(parts: PodParts & { config: KubeletConfig }, id: string, path: string): Promise<void> {
  const { disk, runtime, clock, config } = parts
  const filesMax = config.containerLogFilesMax ?? defaults.containerLogFilesMax
  const rotated = await rotatedLogs(parts, path)
  const surplus = rotated.slice(0, Math.max(0, rotated.length - (filesMax - 2)))
  for (const file of surplus) await disk.remove(file)
  for (const file of rotated.filter((name) => !surplus.includes(name) && !name.endsWith('.gz')))
    await compressFile(parts, file)
  const stamp = rfc3339(clock.nowMs()).replace(/[-:TZ]/g, '')
  const target = `${path}.${stamp.slice(0, 8)}-${stamp.slice(8)}`
  await disk.rename(path, target)
  try {
    await runtime.reopenContainerLog(id)
  } catch (error) {
    await disk.rename(target, path)
    throw error
  }
}

/** Rotated files of a log, the oldest first. */
export async function rotatedLogs({ disk }: Pick<PodParts, 'disk'>, path: string): Promise<string[]> {
  const directory = dirname(path)
  const prefix = `${basename(path)}.`
  const names = (await disk.list(directory)).filter((name) => name.startsWith(prefix) && !name.endsWith('.tmp'))
  return names.sort().map((name) => join(directory, name))
}

async function compressFile({ disk }: Pick<PodParts, 'disk'>, path: string): Promise<void> {
  const info = await disk.stat(path)
  if (!info || info.sizeBytes > compressBytesMax) return
  const packed = await compress(await disk.read(path))
  await disk.write(`${path}.gz`, packed, { mode: 0o640 })
  await disk.remove(path)
}
