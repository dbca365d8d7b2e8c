import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filters, scores } from '../../scheduler/plugins/index.ts'
import { readSchedulerConfig, usualScheduling } from './scheduler-config.ts'

const head = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n'
const read = (...lines: string[]) => readSchedulerConfig(head + lines.join('\n'))
const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)

test('readSchedulerConfig reads what it may say, and keeps the rest as it is', () => {
  assert.deepEqual(read(), { words: [], choice: usualScheduling })
  const { words, choice } = read(
    'leaderElection: { leaderElect: false, leaseDuration: 30s }',
    'clientConnection: { kubeconfig: /etc/kubernetes/scheduler.conf, qps: 50, burst: 100 }',
    'parallelism: 4',
    'podInitialBackoffSeconds: 2',
    'profiles:',
    '- schedulerName: mine',
    '  plugins:',
    '    multiPoint: { disabled: [{ name: ImageLocality }] }',
    '    filter: { disabled: [{ name: NodePorts }] }',
    '    score: { disabled: [{ name: NodeAffinity }], enabled: [{ name: PodTopologySpread, weight: 7 }] }',
    '  pluginConfig:',
    '  - { name: InterPodAffinity, args: { hardPodAffinityWeight: 1 } }',
  )
  assert.deepEqual(words, [
    '--leader-elect=false',
    '--leader-elect-lease-duration=30s',
    '--kubeconfig=/etc/kubernetes/scheduler.conf',
    '--kube-api-qps=50',
    '--kube-api-burst=100',
  ])
  assert.deepEqual([choice.name, choice.backOffFirstMs, choice.backOffMaxMs], ['mine', 2_000, 10_000])
  assert.deepEqual(
    names(choice.filters),
    names(filters).filter((name) => name !== 'NodePorts'),
  )
  assert.deepEqual(
    names(choice.scores),
    names(scores).filter((name) => name !== 'ImageLocality' && name !== 'NodeAffinity'),
  )
  assert.equal(choice.scores.find(({ name }) => name === 'PodTopologySpread')?.weight, 7)
})

test('readSchedulerConfig disables all scores but those that are enabled again', () => {
  const { scores: kept } = read(
    'profiles:',
    '- plugins: { score: { disabled: [{ name: "*" }], enabled: [{ name: ImageLocality }] } }',
  ).choice
  assert.deepEqual(
    kept.map(({ name, weight }) => [name, weight]),
    [['ImageLocality', 1]],
  )
})

const refused: [lines: string[], message: RegExp][] = [
  [['profiles: [{ schedulerName: a }, { schedulerName: b }]'], /profiles: only one is offered/],
  [['percentageOfNodesToScore: 50'], /percentageOfNodesToScore: 50 is not offered, only 0/],
  [['extenders: [{ urlPrefix: "http://x" }]'], /extenders: .* is not offered, only \[\]/],
  [['leaderElection: { leaderElects: true }'], /leaderElection.leaderElects is unknown/],
  [['constructor: 1'], /constructor is unknown/],
  [['profiles: [{ pluginConfig: [{ name: constructor, args: { name: Object } }] }]'], /constructor: name is unknown/],
  [['podMaxBackoffSeconds: 0'], /podMaxBackoffSeconds must be a whole number above 0, got 0/],
  [['podInitialBackoffSeconds: 20'], /must not be less than podInitialBackoffSeconds/],
  [
    ['profiles: [{ plugins: { filter: { disabled: [{ name: VolumeBinding }] } } }]'],
    /VolumeBinding cannot be left out/,
  ],
  [['profiles: [{ plugins: { filter: { enabled: [{ name: Mine }] } } }]'], /Mine is not in the registry/],
  [['profiles: [{ plugins: { filters: {} } }]'], /plugins.filters is unknown/],
  [['profiles: [{ pluginConfig: [{ name: NodeAffinity, args: { addedAffinity: {} } }] }]'], /addedAffinity is unknown/],
  [['profiles: [{ pluginConfig: [{ name: InterPodAffinity, args: { hardPodAffinityWeight: 5 } }] }]'], /only 1/],
]
for (const [lines, message] of refused)
  test(`readSchedulerConfig refuses ${lines.join(' ')}`, () => assert.throws(() => read(...lines), message))

test('readSchedulerConfig wants its own kind and version', () => {
  for (const text of ['kind: Pod', 'apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration'])
    assert.throws(
      () => readSchedulerConfig(text),
      /want a KubeSchedulerConfiguration of kubescheduler.config.k8s.io\/v1/,
    )
  assert.throws(() => readSchedulerConfig('- a'), /it must be an object/)
})
