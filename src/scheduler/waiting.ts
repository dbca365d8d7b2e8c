/** Where pods with a node wait for what others have to do first: volumes that get bound, devices that get ready. */
import type { Clock } from '../platform/clock.ts'

export interface Patience {
  timeoutMs: number
  /** What the wait is rejected with when the time is over. */
  timeoutMessage: string
}

export class Waiting {
  readonly #clock: Clock
  readonly #looks = new Set<() => void>()
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Something changed: everybody who waits looks again. */
  look(): void {
    for (const look of [...this.#looks]) look()
  }

  /** Who waits, or would wait from now on, is told that it was in vain. */
  stop(): void {
    this.#stopped = true
    this.look()
  }

  /** Resolves when it is over. Rejects with what `isOver` throws, when the time is over, or with the scheduler's end. */
  until(isOver: () => boolean, { timeoutMs, timeoutMessage }: Patience): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#looks.delete(look)
        cancel()
      }
      const look = (): void => {
        try {
          if (this.#stopped) throw new Error('the scheduler ends')
          if (!isOver()) return
          end()
          resolve()
        } catch (error) {
          end()
          reject(error)
        }
      }
      const cancel = this.#clock.after(timeoutMs, () => {
        end()
        reject(new Error(timeoutMessage))
      })
      this.#looks.add(look)
      look()
    })
  }
}
