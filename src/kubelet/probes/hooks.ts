/** Life-cycle hooks. Source: https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/ */

import type { Container, LifecycleHandler, Pod } from '../../api/types/core/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import type { ContainerRecord } from '../pod/runtime-state.ts'
import { type HandlerParts, runHandler } from './handlers.ts'

export interface Hooks {
  /**
   * Runs the handler to its end, or until nobody waits for it any longer. Returns why it failed; undefined when it did
   * what it should.
   */
  run(
    pod: Pod,
    container: Container,
    record: Pick<ContainerRecord, 'id'>,
    handler: LifecycleHandler,
    bounds: HookBounds,
  ): Promise<string | undefined>
}

export interface HookBounds {
  /** Default: none. */
  limitMs?: number
  signal?: AbortSignal
}

const httpTimeoutMs = 30_000

export function lifecycleHooks(parts: HandlerParts & { clock: Clock; podIp(pod: Pod): string }): Hooks {
  return {
    async run(pod, container, record, handler, { limitMs, signal }) {
      const over = new AbortController()
      const ends: Promise<string | undefined>[] = [runOnce(parts, pod, container, record.id, handler, limitMs)]
      if (limitMs !== undefined)
        ends.push(
          parts.clock.sleep(limitMs, over.signal).then(() => `hook did not complete in ${limitMs / 1000} seconds`),
        )
      if (signal) ends.push(aborted(signal, over.signal))
      for (const end of ends) end.catch(() => undefined)
      try {
        return await Promise.race(ends)
      } finally {
        over.abort()
      }
    },
  }
}

/** Resolves with a refusal once `signal` is aborted; forgotten after `over`. */
function aborted(signal: AbortSignal, over: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const give = (): void => resolve('the pod is to end')
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true, signal: over })
  })
}

async function runOnce(
  parts: HandlerParts & { clock: Clock; podIp(pod: Pod): string },
  pod: Pod,
  container: Container,
  containerId: string,
  handler: LifecycleHandler,
  limitMs: number | undefined,
): Promise<string | undefined> {
  if (handler.sleep) {
    await parts.clock.sleep(Math.min(handler.sleep.seconds * 1000, limitMs ?? Number.POSITIVE_INFINITY))
    return undefined
  }
  const timeoutMs = handler.exec ? 0 : httpTimeoutMs
  try {
    const target = { pod, container, containerId, ip: parts.podIp(pod) }
    const { result, output } = await runHandler(parts, target, handler, timeoutMs)
    return result === 'success' ? undefined : output || 'the hook failed without output'
  } catch (error) {
    return messageOf(error)
  }
}
