/** What the strategies refuse of a status. The messages are kube-apiserver v1.36's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FieldError, fieldErrorText } from '../../api/errors.ts'
import { daemonSets } from './apps/daemonset.ts'
import { deployments } from './apps/deployment.ts'
import { nodes } from './core/node.ts'
import { pods } from './core/pod.ts'

// biome-ignore lint/suspicious/noExplicitAny: faulty objects fit no type
type Look = (object: any, old: any) => FieldError[]

const feature =
  "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
const above = 'Invalid value: 0: cannot be greater than status.replicas'
const cases: [string, { status?: { validateUpdate?: unknown } }, object, string[]][] = [
  [
    'daemonset',
    daemonSets,
    { collisionCount: -1 },
    ['status.collisionCount: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'deployment',
    deployments,
    { replicas: -1 },
    [
      'status.replicas: Invalid value: -1: must be greater than or equal to 0',
      `status.updatedReplicas: ${above}`,
      `status.readyReplicas: ${above}`,
      `status.availableReplicas: ${above}`,
    ],
  ],
  [
    'deployment',
    deployments,
    { terminatingReplicas: -1 },
    ['status.terminatingReplicas: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'node',
    nodes,
    { declaredFeatures: ['A/b', 'a', 'A/b'] },
    [
      `status.declaredFeatures[1]: Invalid value: "a": invalid feature name "a": ${feature}`,
      'status.declaredFeatures[2]: Duplicate value: "A/b"',
    ],
  ],
  [
    'pod',
    pods,
    { observedGeneration: -1, containerStatuses: [{ name: 'c', user: { linux: { uid: -1, gid: 2147483648 } } }] },
    [
      'status.observedGeneration: Invalid value: -1: must be a non-negative integer',
      'status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'status.containerStatuses[0].user.linux.gid: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive',
    ],
  ],
]

for (const [kind, strategy, status, expected] of cases) {
  test(`a ${kind}'s status ${JSON.stringify(status)} is refused`, () => {
    const look = strategy.status?.validateUpdate as Look
    const errors = look(
      { metadata: { name: 'a' }, spec: {}, status },
      { metadata: { name: 'a' }, spec: {}, status: {} },
    )
    assert.deepEqual(errors.map(fieldErrorText), expected)
  })
}
