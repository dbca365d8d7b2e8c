/** Two connections that become one, as a proxy joins them. */
import type { Duplex } from 'node:stream'

/** Copies both ways with back-pressure; half-closes are passed on, what was received is still delivered, errors end both. */
export function join(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to)
    from.once('error', () => to.destroy())
    const finish = (): unknown => to.end(() => to.destroy())
    if (from.closed) finish()
    else from.once('close', finish)
  }
}
