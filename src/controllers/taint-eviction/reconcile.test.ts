import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, Toleration } from '../../api/types/core/v1.ts'
import { evictionDueInMs } from './reconcile.ts'

const startMs = Date.parse('2026-01-01T00:00:00Z')
const at = (seconds: number) => new Date(startMs + seconds * 1000).toISOString()
const taint = (key: string, seconds = 0) => ({ key, effect: 'NoExecute', timeAdded: at(seconds) })
const tolerates = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: 'Exists',
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
})

function pod(tolerations: Toleration[], boundAtSeconds = -100): Pod {
  const conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(boundAtSeconds) }]
  return { metadata: { name: 'p' }, spec: { containers: [], tolerations }, status: { conditions } }
}

test('evictionDueInMs takes the shortest of the times that tolerations of all taints give', () => {
  const cases: [what: string, pod: Pod, taints: string[], dueInSeconds: number | undefined][] = [
    ['nothing is tolerated', pod([]), ['a'], 0],
    ['one of two taints is not tolerated', pod([tolerates('a')]), ['a', 'b'], 0],
    ['everything is tolerated for ever', pod([tolerates('a')]), ['a'], undefined],
    ['a time is given', pod([tolerates('a', 60)]), ['a'], 50],
    ['the shorter of two counts', pod([tolerates('a', 60), tolerates('b', 30)]), ['a', 'b'], 20],
    ['no time and less than that are now', pod([tolerates('a', -5)]), ['a'], 0],
    ['the first that fits counts', pod([tolerates('a'), tolerates('a', 30)]), ['a'], undefined],
    ['the pod came after the taint', pod([tolerates('a', 60)], 5), ['a'], 55],
  ]
  for (const [what, subject, keys, dueInSeconds] of cases) {
    const taints = keys.map((key) => taint(key))
    const dueInMs = evictionDueInMs(subject, taints, { nowMs: startMs + 10_000, sinceMs: startMs })
    assert.equal(dueInMs === undefined ? undefined : dueInMs / 1000, dueInSeconds, what)
  }
})
