/** A configuration file that takes effect again when it changes, unless it is wrong: then what was before stays. */
import { dirname } from 'node:path'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import { type Logger, messageOf } from '../../platform/log.ts'

export interface WatchedFileParts {
  readonly disk: Pick<Disk, 'readText' | 'watch'>
  readonly clock: Pick<Clock, 'every'>
  readonly log: Logger
}

export interface WatchedFile {
  readonly path: string
  /** Rejects for a text that is wrong, having changed nothing. Gets the first text too. */
  apply(text: string): Promise<void>
}

/** Rejects when the file is missing or wrong at first. Returns what ends the watching. */
export async function watchFile(
  { disk, clock, log }: WatchedFileParts,
  { path, apply }: WatchedFile,
): Promise<() => void> {
  let seen = await disk.readText(path)
  await apply(seen)
  let running: Promise<void> = Promise.resolve()
  const look = async (): Promise<void> => {
    try {
      const text = await disk.readText(path)
      if (text === seen) return
      seen = text
      await apply(text)
      log.info('a configuration file was read again', { path })
    } catch (error) {
      log.error('a configuration file was changed and is left aside', { path, error: messageOf(error) })
    }
  }
  const queue = (): void => {
    running = running.then(look)
  }
  const unwatch = disk.watch(dirname(path), queue)
  // Some file systems tell nothing.
  const cancel = clock.every(limits.securityConfigPeriodMs, queue)
  return () => {
    unwatch()
    cancel()
  }
}
