/**
 * Room kept on the disk for when it is full: a file of zeros beside the store. It is given up for what ends something,
 * deletions and small changes of what exists, and for a server to start whose log must go into the file. While it is given
 * up nothing new is taken; once there is space it is made again. File systems that compress zeros away keep no room so.
 */
import { dirname } from 'node:path'
import { limits } from '../../limits.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Write } from '../store.ts'

export type ReserveDisk = Pick<Disk, 'stat' | 'open' | 'remove' | 'usage'>

const stepBytes = 1024 * 1024

export class Reserve {
  readonly #path: string
  readonly #disk: ReserveDisk
  readonly #bytes: number
  /** `lacking`: there never was room for it, or none is wanted. */
  #state: 'held' | 'given up' | 'lacking' = 'lacking'
  #making: Promise<void> | undefined

  private constructor(path: string, disk: ReserveDisk, bytes: number) {
    this.#path = path
    this.#disk = disk
    this.#bytes = bytes
  }

  /** What an earlier process left of it. `bytes` zero: none is wanted. */
  static async of(path: string, disk: ReserveDisk, bytes: number): Promise<Reserve> {
    const reserve = new Reserve(`${path}-reserve`, disk, bytes)
    if (bytes > 0 && (await disk.stat(reserve.#path))) reserve.#state = 'held'
    return reserve
  }

  get held(): boolean {
    return this.#state === 'held'
  }

  get givenUp(): boolean {
    return this.#state === 'given up'
  }

  /** Resolves with whether there was something to give up. */
  async giveUp(): Promise<boolean> {
    await this.#making
    if (this.#state !== 'held') return false
    this.#state = 'given up'
    await this.#disk.remove(this.#path)
    return true
  }

  /** Makes what is missing of it, where it leaves as much again to others. Never rejects. */
  make(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  /** Resolves when nothing more is done with the file. */
  async close(): Promise<void> {
    await this.#making
  }

  async #make(): Promise<void> {
    if (this.#bytes === 0) return
    try {
      const missing = this.#bytes - ((await this.#disk.stat(this.#path))?.sizeBytes ?? 0)
      const { availableBytes } = await this.#disk.usage(dirname(this.#path))
      if (missing > 0 && availableBytes < missing + this.#bytes) return
      const file = await this.#disk.open(this.#path, 'append')
      try {
        for (let left = missing; left > 0; left -= stepBytes) await file.append(Buffer.alloc(Math.min(left, stepBytes)))
      } finally {
        await file.close()
      }
      this.#state = 'held'
    } catch {
      await this.#disk.remove(this.#path).catch(() => undefined)
      if (this.#state === 'held') this.#state = 'lacking'
    }
  }
}

/** Whether a commit may use the reserve. */
export function mayUseReserve(writes: readonly Write[]): boolean {
  return writes.every(
    (write) =>
      write.op === 'delete' || ((write.expected ?? 0) > 0 && write.value.length <= limits.storeReserveValueBytesMax),
  )
}
