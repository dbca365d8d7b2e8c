/**
 * What the node agent does by the clock: evicts pods that outgrew their limits or that the node has no room for, looks
 * after mirrors, rotates logs, and removes dead containers and unused images. Each task runs alone and never stops the
 * others.
 */
import type { CancelTimer } from '../platform/clock.ts'
import { collectContainers } from './collection/containers.ts'
import { collectImages } from './collection/images.ts'
import { fixed, type KubeletConfig } from './config.ts'
import type { ImageService } from './cri/runtime.ts'
import { evictStarved } from './eviction/evict-starved.ts'
import { evictOverfull } from './eviction/local-storage.ts'
import type { Pressure } from './eviction/pressure.ts'
import { rotateLogs } from './logs/rotate.ts'
import type { PodParts } from './pod/parts.ts'
import type { PodManager } from './pod-manager.ts'

const evictionPeriodMs = 10_000
const mirrorPeriodMs = 10_000
const containerPeriodMs = 60_000
const imagePeriodMs = 5 * 60_000

export interface MaintenanceParts extends PodParts {
  config: KubeletConfig
  manager: PodManager
  imageService: ImageService
  pressure: Pressure
  /** Of the node itself. */
  nodeEvent(type: 'Normal' | 'Warning', reason: string, message: string): void
}

export function startMaintenance(parts: MaintenanceParts): { stop(): void } {
  const { manager } = parts
  const timers: CancelTimer[] = []
  const every = (periodMs: number, what: string, work: () => Promise<void>): void => {
    let busy = false
    const once = (): void => {
      if (busy) return
      busy = true
      work()
        .catch((error: unknown) => parts.log.warn('maintenance failed', { what, error: String(error) }))
        .finally(() => {
          busy = false
        })
    }
    timers.push(parts.clock.every(periodMs, once))
  }
  every(evictionPeriodMs, 'eviction', async () => {
    await evictOverfull(parts)
    await evictStarved(parts)
  })
  every(mirrorPeriodMs, 'mirror pods', async () => manager.reconcileMirrors())
  every(fixed.logCheckMs, 'log rotation', () => rotateLogs(parts))
  every(containerPeriodMs, 'container collection', () => collectContainers(parts))
  every(imagePeriodMs, 'image collection', () => collectImages(parts))
  return {
    stop() {
      for (const cancel of timers) cancel()
    },
  }
}
