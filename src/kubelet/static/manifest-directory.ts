/**
 * Follows a directory of pod manifests. A manifest that cannot be read is told; while it is wrong, the pod that it said
 * before stays. Source: https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/#configuration-files
 */
import { join } from 'node:path'
import type { Pod } from '../../api/types/core/v1.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import { type Logger, messageOf } from '../../platform/log.ts'
import { fixed } from '../config.ts'

export interface ManifestDirectoryParts {
  clock: Clock
  disk: Disk
  log: Logger
  directory: string
  nodeName: string
  /** After each look that shows something else: every pod there is, by file name. */
  onPods(pods: Pod[]): void
}

/** What the API server would not take either is not read. */
const manifestBytesMax = limits.requestBodyBytesMax

interface Known {
  text: string
  pod: Pod | undefined
}

/** Resolves when the directory was read for the first time; returns what ends the following. */
export async function followManifests(parts: ManifestDirectoryParts): Promise<() => void> {
  const { clock, disk, directory, log } = parts
  await disk.makeDirectory(directory, 0o700)
  let known = new Map<string, Known>()
  let reading: Promise<void> | undefined
  let again = false
  let stopped = false
  const read = async (): Promise<void> => {
    const found = await readAll(parts, known)
    const changed = found.size !== known.size || [...found].some(([name, one]) => known.get(name)?.pod !== one.pod)
    known = found
    if (changed && !stopped) parts.onPods([...found.values()].flatMap(({ pod }) => (pod ? [pod] : [])))
  }
  const look = (): void => {
    again = true
    reading ??= (async () => {
      while (again && !stopped) {
        again = false
        await read().catch((error: unknown) => log.warn('pod manifests not read', { directory, error: String(error) }))
      }
      reading = undefined
    })()
  }
  const unwatch = disk.watch(directory, look)
  const cancel = clock.every(fixed.manifestCheckMs, look)
  look()
  await reading
  return () => {
    stopped = true
    unwatch()
    cancel()
  }
}

async function readAll(
  { disk, log, directory, nodeName }: ManifestDirectoryParts,
  known: ReadonlyMap<string, Known>,
): Promise<Map<string, Known>> {
  const found = new Map<string, Known>()
  for (const name of await disk.list(directory)) {
    if (name.startsWith('.')) continue
    const path = join(directory, name)
    const before = known.get(name)
    try {
      const info = await disk.stat(path)
      if (!info || info.kind === 'directory') continue
      if (info.sizeBytes > manifestBytesMax) throw new Error(`it has more than ${manifestBytesMax} bytes`)
      const text = await disk.readText(path)
      if (before?.text === text) found.set(name, before)
      else {
        found.set(name, { text, pod: before?.pod })
        const { staticPod } = await import('./manifest.ts')
        found.set(name, { text, pod: staticPod(text, { path, nodeName }) })
      }
    } catch (error) {
      log.warn('pod manifest not usable', { path, error: messageOf(error) })
      if (before && !found.has(name)) found.set(name, before)
    }
  }
  return found
}
