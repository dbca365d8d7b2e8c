/** Writes in growing batches (1, 2, 4 …), so that a request which can't succeed fails once and not a hundred times. */

/** Runs `count` writes; stops after the first batch with a failure. Returns how many succeeded and the first error. */
export async function slowStart(
  count: number,
  write: (index: number) => Promise<void>,
): Promise<{ succeeded: number; error: unknown }> {
  let succeeded = 0
  let next = 0
  for (let batch = 1; next < count; batch *= 2) {
    const size = Math.min(batch, count - next)
    const results = await Promise.allSettled(Array.from({ length: size }, (_, offset) => write(next + offset)))
    next += size
    succeeded += results.filter(({ status }) => status === 'fulfilled').length
    const failure = results.find((result) => result.status === 'rejected')
    if (failure) return { succeeded, error: failure.reason }
  }
  return { succeeded, error: undefined }
}
