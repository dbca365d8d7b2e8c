/**
 * Keeps the process while it waits for what does not: timers and group commits never hold it by themselves, so a start
 * that only waits for the store would end it.
 */
const longMs = 2 ** 30

export async function keptAlive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, longMs)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}
