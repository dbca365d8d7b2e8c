import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../../api/types/core/v1.ts'
import { printPod } from './pod.ts'

const nowMs = Date.parse('2026-01-02T00:00:00Z')
const metadata = { name: 'x', creationTimestamp: '2026-01-01T23:58:55Z' }

const c = (name: string, state: object, more: object = {}) => ({ name, ready: false, restartCount: 0, state, ...more })
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const spec = { containers: [{ name: 'a' }, { name: 'b' }] }
const withInit = { ...spec, initContainers: [{ name: 'i' }, { name: 'j' }] }
const withSidecar = { ...spec, initContainers: [{ name: 's', restartPolicy: 'Always' }] }
const deleted = { metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:30Z' } }

const pods: [string, object, [string, string, string]][] = [
  ['pending', { spec, status: { phase: 'Pending' } }, ['0/2', 'Pending', '0']],
  [
    'running',
    {
      spec,
      status: {
        phase: 'Running',
        containerStatuses: [c('a', running, { ready: true }), c('b', running, { ready: true })],
      },
    },
    ['2/2', 'Running', '0'],
  ],
  [
    'crashing, with the age of its last restart',
    {
      spec,
      status: {
        phase: 'Running',
        containerStatuses: [
          c(
            'a',
            { waiting: { reason: 'CrashLoopBackOff' } },
            { restartCount: 3, lastState: { terminated: { finishedAt: '2026-01-01T23:55:00Z' } } },
          ),
          c('b', running, { ready: true }),
        ],
      },
    },
    ['1/2', 'CrashLoopBackOff', '3 (5m ago)'],
  ],
  ['evicted', { spec, status: { phase: 'Failed', reason: 'Evicted' } }, ['0/2', 'Evicted', '0']],
  [
    'killed by a signal',
    { spec, status: { phase: 'Failed', containerStatuses: [c('a', { terminated: { exitCode: 137, signal: 9 } })] } },
    ['0/2', 'Signal:9', '0'],
  ],
  [
    'ended with a code',
    { spec, status: { phase: 'Failed', containerStatuses: [c('a', { terminated: { exitCode: 3 } })] } },
    ['0/2', 'ExitCode:3', '0'],
  ],
  [
    'half completed but ready',
    {
      spec,
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [
          c('a', { terminated: { exitCode: 0, reason: 'Completed' } }),
          c('b', running, { ready: true }),
        ],
      },
    },
    ['1/2', 'Running', '0'],
  ],
  [
    'half completed and not ready',
    {
      spec,
      status: {
        phase: 'Running',
        containerStatuses: [
          c('a', { terminated: { exitCode: 0, reason: 'Completed' } }),
          c('b', running, { ready: true }),
        ],
      },
    },
    ['1/2', 'NotReady', '0'],
  ],
  [
    'initializing',
    {
      spec: withInit,
      status: { phase: 'Pending', initContainerStatuses: [c('i', { terminated: { exitCode: 0 } }), c('j', running)] },
    },
    ['0/2', 'Init:1/2', '0'],
  ],
  [
    'failing to initialize',
    {
      spec: withInit,
      status: {
        phase: 'Pending',
        initContainerStatuses: [c('i', { terminated: { exitCode: 1, reason: 'Error' } }, { restartCount: 2 })],
      },
    },
    ['0/2', 'Init:Error', '2'],
  ],
  [
    'pulling an init image',
    {
      spec: withInit,
      status: { phase: 'Pending', initContainerStatuses: [c('i', { waiting: { reason: 'ErrImagePull' } })] },
    },
    ['0/2', 'Init:ErrImagePull', '0'],
  ],
  [
    'about to run its init containers',
    {
      spec: withInit,
      status: { phase: 'Pending', initContainerStatuses: [c('i', { waiting: { reason: 'PodInitializing' } })] },
    },
    ['0/2', 'Init:0/2', '0'],
  ],
  [
    'with a sidecar',
    {
      spec: withSidecar,
      status: {
        phase: 'Running',
        initContainerStatuses: [c('s', running, { ready: true, started: true, restartCount: 1 })],
        containerStatuses: [c('a', running, { ready: true })],
      },
    },
    ['2/3', 'Running', '1'],
  ],
  [
    'gated',
    {
      spec,
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
    },
    ['0/2', 'SchedulingGated', '0'],
  ],
  ['being deleted', { ...deleted, spec, status: { phase: 'Running' } }, ['0/2', 'Terminating', '0']],
  ['done and being deleted', { ...deleted, spec, status: { phase: 'Succeeded' } }, ['0/2', 'Succeeded', '0']],
  ['on a lost node', { ...deleted, spec, status: { phase: 'Running', reason: 'NodeLost' } }, ['0/2', 'Unknown', '0']],
]

for (const [name, pod, expected] of pods) {
  test(`a pod ${name} shows as ${expected.join(' ')}`, () => {
    assert.deepEqual(printPod({ metadata, ...pod } as unknown as Pod, nowMs).slice(1, 4), expected)
  })
}
