import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod } from '../../api/types/core/v1.ts'
import { containerHash } from './names.ts'
import { type PodPlan, type ProbeVerdicts, planPod } from './plan.ts'
import type { ContainerRecord, PodRuntime } from './runtime-state.ts'

const noProbes: ProbeVerdicts = { liveness: () => 'unknown', startup: () => 'unknown' }

function podOf(spec: Partial<Pod['spec']> & object): Pod {
  return { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers: [container('c')], ...spec } }
}

function container(name: string, more: Partial<Container> = {}): Container {
  return { name, image: 'i', ...more }
}

function record(
  name: string,
  state: ContainerRecord['state'],
  exitCode = 0,
  more: Partial<ContainerRecord> = {},
): ContainerRecord {
  return {
    id: `id-${name}`,
    name,
    sandboxId: 's',
    state,
    restartCount: 0,
    hash: containerHash(container(name)),
    createdMs: 1,
    startedMs: state === 'created' ? 0 : 1,
    finishedMs: 2,
    exitCode,
    reason: '',
    message: '',
    image: 'i',
    imageId: '',
    ...more,
  }
}

function runtimeOf(containers: ContainerRecord[], ready = true): PodRuntime {
  const sandbox = { id: 's', attempt: 0, ready, createdMs: 1, ips: ['10.0.0.2'], hostNetwork: false }
  return { sandboxes: [sandbox], containers }
}

/** What a plan says, in a few words. */
function inShort(plan: PodPlan): string {
  return [
    plan.createSandbox ? `sandbox ${plan.attempt}` : '',
    plan.stopPod ? 'stop all' : '',
    ...plan.stop.map(({ message }) => `stop: ${message}`),
    ...plan.startInit.map((name) => `init ${name}`),
    ...plan.start.map((name) => `start ${name}`),
    ...plan.startEphemeral.map((name) => `ephemeral ${name}`),
  ]
    .filter(Boolean)
    .join(', ')
}

interface Row {
  when: string
  spec?: Partial<Pod['spec']> & object
  runtime: PodRuntime
  probes?: Partial<ProbeVerdicts>
  expected: string
}

const side = container('side', { restartPolicy: 'Always' })
const initAndSide = { initContainers: [container('i'), side] }

const rows: Row[] = [
  { when: 'nothing is there', runtime: { sandboxes: [], containers: [] }, expected: 'sandbox 0, stop all, start c' },
  { when: 'the sandbox waits', runtime: runtimeOf([]), expected: 'start c' },
  { when: 'all runs', runtime: runtimeOf([record('c', 'running')]), expected: '' },
  { when: 'the container failed', runtime: runtimeOf([record('c', 'exited', 1)]), expected: 'start c' },
  {
    when: 'it failed and is not to be restarted',
    spec: { restartPolicy: 'Never' },
    runtime: runtimeOf([record('c', 'exited', 1)]),
    expected: 'stop all',
  },
  {
    when: 'it succeeded and restarts on failure only',
    spec: { restartPolicy: 'OnFailure' },
    runtime: runtimeOf([record('c', 'exited')]),
    expected: 'stop all',
  },
  {
    when: 'its sandbox died',
    runtime: runtimeOf([record('c', 'exited', 137)], false),
    expected: 'sandbox 1, stop all, start c',
  },
  {
    when: 'its sandbox died and nothing restarts',
    spec: { restartPolicy: 'Never' },
    runtime: runtimeOf([record('c', 'exited', 137)], false),
    expected: 'stop all',
  },
  {
    when: 'its definition changed',
    runtime: runtimeOf([record('c', 'running', 0, { hash: 'other' })]),
    expected: 'stop: Container c definition changed, will be restarted, start c',
  },
  {
    when: 'liveness failed',
    runtime: runtimeOf([record('c', 'running')]),
    probes: { liveness: () => 'failure' },
    expected: 'stop: Container c failed liveness probe, will be restarted, start c',
  },
  {
    when: 'startup failed and nothing restarts',
    spec: { restartPolicy: 'Never' },
    runtime: runtimeOf([record('c', 'running')]),
    probes: { startup: () => 'failure' },
    expected: 'stop all, stop: Container c failed startup probe',
  },
  {
    when: 'there are init containers',
    spec: initAndSide,
    runtime: { sandboxes: [], containers: [] },
    expected: 'sandbox 0, stop all, init i',
  },
  { when: 'the init container runs', spec: initAndSide, runtime: runtimeOf([record('i', 'running')]), expected: '' },
  {
    when: 'the init container is done',
    spec: initAndSide,
    runtime: runtimeOf([record('i', 'exited')]),
    expected: 'init side',
  },
  {
    when: 'the init container failed',
    spec: initAndSide,
    runtime: runtimeOf([record('i', 'exited', 1)]),
    expected: 'init i',
  },
  {
    when: 'the init container failed for good',
    spec: { ...initAndSide, restartPolicy: 'Never' },
    runtime: runtimeOf([record('i', 'exited', 1)]),
    expected: 'stop all',
  },
  {
    when: 'the sidecar has started',
    spec: initAndSide,
    runtime: runtimeOf([record('side', 'running'), record('i', 'exited')]),
    expected: 'start c',
  },
  {
    when: 'the sidecar has a startup probe that has not answered',
    spec: { initContainers: [{ ...side, startupProbe: {} }] },
    runtime: runtimeOf([record('side', 'running')]),
    expected: '',
  },
  {
    when: 'the sidecar died beside a running container',
    spec: initAndSide,
    runtime: runtimeOf([record('c', 'running'), record('side', 'exited', 1), record('i', 'exited')]),
    expected: 'init side',
  },
  {
    when: 'only the sidecar is left',
    spec: { ...initAndSide, restartPolicy: 'Never' },
    runtime: runtimeOf([record('c', 'exited'), record('side', 'running'), record('i', 'exited')]),
    expected: 'stop all',
  },
  {
    when: 'an ephemeral container was added',
    spec: { ephemeralContainers: [{ name: 'debug', image: 'i' }] },
    runtime: runtimeOf([record('c', 'running')]),
    expected: 'ephemeral debug',
  },
  {
    when: 'an ephemeral container has ended',
    spec: { ephemeralContainers: [{ name: 'debug', image: 'i' }] },
    runtime: runtimeOf([record('debug', 'exited', 1), record('c', 'running')]),
    expected: '',
  },
]

for (const { when, spec = {}, runtime, probes, expected } of rows) {
  test(`planPod says "${expected}" when ${when}`, () => {
    const plan = planPod({ pod: podOf(spec), runtime, probes: { ...noProbes, ...probes } })
    assert.equal(inShort(plan), expected)
  })
}
