/** What is asked of metrics APIs, and what is said when they have no answer: a client that answers from a table. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, apiError } from '../../api/errors.ts'
import type { MetricSpec } from '../../api/types/autoscaling/v2.ts'
import type { Client } from '../../client/client.ts'
import { type MetricOutcome, proposalOf } from './proposals.ts'
import { Readings } from './readings.ts'

const group = '/apis/custom.metrics.k8s.io'

/** Paths that were asked for go to `asked`; what is not in `answers` is not served. */
function readingsOf(answers: Record<string, unknown>, asked: string[] = []): Readings {
  const raw = async (_method: string, path: string): Promise<unknown> => {
    asked.push(path)
    const found = { [group]: {}, ...answers }[path]
    if (found instanceof Error) throw found
    if (found === undefined) throw plain(404, '404 page not found')
    return found
  }
  return new Readings({ raw } as unknown as Client)
}

function plain(code: number, message: string): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: '', code })
}

const target = {
  ...{ namespace: 'mine', selector: 'app=web', pods: [], replicas: 2, statusReplicas: 2 },
  tolerances: { scaleUp: 0.1, scaleDown: 0.1 },
  timing: { nowMs: 0, cpuInitializationMs: 0, initialReadinessDelayMs: 0 },
}

const average = { type: 'AverageValue', averageValue: '10' }

function objectMetric(kind: string, name: string, wanted: object = average): MetricSpec {
  return {
    type: 'Object',
    object: { metric: { name: 'rps' }, describedObject: { kind, name }, target: wanted },
  } as MetricSpec
}

function said(outcome: MetricOutcome): string[] {
  return 'error' in outcome ? [outcome.event, outcome.error] : [outcome.name]
}

test('an object metric of a namespace is asked of the autoscaler’s own namespace, whatever it names', async () => {
  const asked: string[] = []
  const path = `${group}/v1beta2/namespaces/mine/metrics/rps`
  const readings = readingsOf({ [path]: { items: [{ timestamp: '', value: '60' }] } }, asked)
  const outcome = await proposalOf(objectMetric('Namespace', 'theirs'), target, readings)
  assert.ok('replicas' in outcome && outcome.replicas === 6)
  assert.equal(asked.at(-1), path)
})

test('an object metric has exactly one value', async () => {
  const unable = 'unable to get metric rps: Namespace on mine n/unable to fetch metrics from custom metrics API: '
  for (const count of [0, 2]) {
    const items = Array.from({ length: count }, () => ({ timestamp: '', value: '1' }))
    const readings = readingsOf({ [`${group}/v1beta2/namespaces/mine/metrics/rps`]: { items } })
    const event = `${unable}the custom metrics API server returned ${count} results when we asked for exactly one`
    const error = `failed to get object metric value: failed to get rps object metric: ${event}`
    assert.deepEqual(said(await proposalOf(objectMetric('Namespace', 'n'), target, readings)), [event, error])
  }
})

test('events of external metrics say what is wrong with the metric, conditions of the whole whose it is', async () => {
  const path = '/apis/external.metrics.k8s.io/v1beta1/namespaces/mine/queue'
  const metric = (wanted: object): MetricSpec =>
    ({ type: 'External', external: { metric: { name: 'queue' }, target: wanted } }) as MetricSpec
  const event = 'unable to get external metric mine/queue/nil: no metrics returned from external metrics API'
  const opening = 'failed to get queue external metric value: '
  const readings = readingsOf({ [path]: { items: [] } })
  assert.deepEqual(said(await proposalOf(metric(average), target, readings)), [
    event,
    `${opening}failed to get queue external metric: ${event}`,
  ])
  assert.deepEqual(said(await proposalOf(metric({ type: 'Value', value: '5' }), target, readings)), [
    event,
    `${opening}failed to get external metric queue: ${event}`,
  ])
})

test('who does not answer is said in the words of clients, and who does in its own', async () => {
  const path = '/apis/external.metrics.k8s.io/v1beta1/namespaces/mine/queue'
  const own = apiError({ code: 404, reason: 'NotFound', message: 'no such series' })
  const table: [answer: ApiError, words: string][] = [
    [
      plain(503, 'service unavailable'),
      'the server is currently unable to handle the request (get queue.external.metrics.k8s.io)',
    ],
    [
      plain(404, '404 page not found'),
      'the server could not find the requested resource (get queue.external.metrics.k8s.io)',
    ],
    [own, 'no such series'],
  ]
  for (const [answer, words] of table)
    await assert.rejects(readingsOf({ [path]: answer }).external({ name: 'queue' }, 'mine'), {
      message: `unable to fetch metrics from external metrics API: ${words}`,
    })
})
