import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../api/meta.ts'
import { groupVersionInfos, resourceInfo } from '../../api/schema/registry.ts'
import { durationText } from './cells.ts'
import { printerOf } from './printers.ts'
import { parseIncludeObject, type TableOptions, type TableResource, toTable } from './table.ts'

const nowMs = Date.parse('2026-01-02T00:00:00Z')
const metadata = { name: 'x', creationTimestamp: '2026-01-01T23:58:55Z' }

function resource(group: string, version: string, plural: string): TableResource {
  const columns = resourceInfo({ group, version, plural })!.columns
  return { group, plural, columns }
}

function cells(group: string, version: string, plural: string, object: object): unknown[] {
  const whole = { apiVersion: group === '' ? version : `${group}/${version}`, metadata, ...object } as KubeObject
  return toTable(resource(group, version, plural), [whole], { nowMs }).rows[0]!.cells
}

const spans: [number, string][] = [
  [-3, '<invalid>'],
  [-1, '0s'],
  [119, '119s'],
  [120, '2m'],
  [185, '3m5s'],
  [600, '10m'],
  [10_799, '179m'],
  [10_800, '3h'],
  [11_000, '3h3m'],
  [28_800, '8h'],
  [172_799, '47h'],
  [176_400, '2d1h'],
  [691_200, '8d'],
  [63_072_000, '2y'],
  [63_158_400, '2y1d'],
  [252_288_000, '8y'],
]

for (const [seconds, text] of spans) {
  test(`durationText of ${seconds} s is ${text}`, () => assert.equal(durationText(seconds * 1000), text))
}

const rows: [string, string, string, object, unknown[]][] = [
  [
    '',
    'v1',
    'pods',
    {
      spec: { containers: [], nodeName: 'n', readinessGates: [{ conditionType: 'a' }] },
      status: { podIPs: [{ ip: '10.0.0.1' }] },
    },
    ['x', '0/0', '', '0', '65s', '10.0.0.1', 'n', '<none>', '0/1'],
  ],
  [
    '',
    'v1',
    'nodes',
    {
      metadata: { ...metadata, labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'edge' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'Unknown' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.2' }],
        nodeInfo: { kubeletVersion: 'v1.36.0', osImage: 'Debian' },
      },
    },
    [
      'x',
      'NotReady,SchedulingDisabled',
      'control-plane,edge',
      '65s',
      'v1.36.0',
      '10.0.0.2',
      '<none>',
      'Debian',
      '<unknown>',
      '<unknown>',
    ],
  ],
  [
    '',
    'v1',
    'services',
    {
      spec: {
        type: 'NodePort',
        clusterIP: '10.96.0.9',
        ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }],
        selector: { b: '2', a: '1' },
      },
    },
    ['x', 'NodePort', '10.96.0.9', '<none>', '80:30080/TCP', '65s', 'a=1,b=2'],
  ],
  [
    '',
    'v1',
    'services',
    {
      spec: { type: 'LoadBalancer', externalIPs: ['1.1.1.1'] },
      status: { loadBalancer: { ingress: [{ ip: '9.9.9.9' }, { hostname: 'h' }] } },
    },
    ['x', 'LoadBalancer', '<none>', '9.9.9.9,h,1.1.1.1', '<none>', '65s', '<none>'],
  ],
  [
    '',
    'v1',
    'services',
    { spec: { type: 'LoadBalancer' } },
    ['x', 'LoadBalancer', '<none>', '<pending>', '<none>', '65s', '<none>'],
  ],
  [
    '',
    'v1',
    'endpoints',
    { subsets: [{ addresses: [{ ip: '1.1.1.1' }, { ip: '::1' }], ports: [{ port: 80 }, { port: 81 }] }] },
    ['x', '1.1.1.1:80,[::1]:80,1.1.1.1:81 + 1 more...', '65s'],
  ],
  [
    '',
    'v1',
    'resourcequotas',
    { status: { hard: { pods: '3', 'limits.cpu': '2' }, used: { pods: '1' } } },
    ['x', 'pods: 1/3', 'limits.cpu: 0/2', '65s'],
  ],
  [
    '',
    'v1',
    'persistentvolumeclaims',
    {
      spec: { volumeName: 'v', storageClassName: 'sc', volumeMode: 'Filesystem' },
      status: { phase: 'Bound', capacity: { storage: '1024Mi' }, accessModes: ['ReadWriteMany', 'ReadWriteOnce'] },
    },
    ['x', 'Bound', 'v', '1Gi', 'RWO,RWX', 'sc', '<unset>', '65s', 'Filesystem'],
  ],
  [
    '',
    'v1',
    'events',
    {
      type: 'Warning',
      reason: 'BackOff',
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' },
      source: { component: 'kubelet', host: 'n' },
      message: ' again ',
      firstTimestamp: '2026-01-01T23:00:00Z',
      lastTimestamp: '2026-01-01T23:59:00Z',
      count: 4,
    },
    ['60s', 'Warning', 'BackOff', 'pod/p', 'spec.containers{c}', 'kubelet, n', 'again', '60m', 4, 'x'],
  ],
  [
    'events.k8s.io',
    'v1',
    'events',
    {
      type: 'Normal',
      reason: 'R',
      regarding: { kind: 'Node' },
      note: 'n',
      eventTime: '2026-01-01T23:59:00.000000Z',
      reportingController: 'c',
      reportingInstance: 'i',
    },
    ['60s', 'Normal', 'R', 'node', '', 'c, i', 'n', '60s', 1, 'x'],
  ],
  [
    'apps',
    'v1',
    'deployments',
    {
      spec: {
        replicas: 3,
        selector: { matchLabels: { a: 'b' } },
        template: {
          spec: {
            containers: [
              { name: 'c', image: 'i:1' },
              { name: 'd', image: 'j' },
            ],
          },
        },
      },
      status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
    },
    ['x', '2/3', 3, 2, '65s', 'c,d', 'i:1,j', 'a=b'],
  ],
  [
    'apps',
    'v1',
    'controllerrevisions',
    {
      metadata: {
        ...metadata,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', controller: true }],
      },
      revision: 2,
    },
    ['x', 'statefulset.apps/web', 2, '65s'],
  ],
  [
    'batch',
    'v1',
    'jobs',
    {
      spec: { completions: 3, parallelism: 2, template: {} },
      status: { succeeded: 1, startTime: '2026-01-01T23:59:00Z' },
    },
    ['x', 'Running', '1/3', '60s', '65s', '', '', '<none>'],
  ],
  [
    'batch',
    'v1',
    'jobs',
    {
      spec: { parallelism: 2, template: {} },
      status: {
        startTime: '2026-01-01T23:00:00Z',
        completionTime: '2026-01-01T23:00:07Z',
        conditions: [{ type: 'Complete', status: 'True' }],
      },
    },
    ['x', 'Complete', '0/1 of 2', '7s', '65s', '', '', '<none>'],
  ],
  [
    'autoscaling',
    'v2',
    'horizontalpodautoscalers',
    {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'd' },
        maxReplicas: 5,
        metrics: ['a', 'b', 'c'].map((name) => ({
          type: 'Resource',
          resource: { name, target: { averageUtilization: 50 } },
        })),
      },
      status: {
        currentMetrics: [{ type: 'Resource', resource: { current: { averageUtilization: 7 } } }],
        currentReplicas: 1,
      },
    },
    ['x', 'Deployment/d', 'a: 7%/50%, b: <unknown>/50% + 1 more...', '<unset>', 5, 1, '65s'],
  ],
  [
    'rbac.authorization.k8s.io',
    'v1',
    'rolebindings',
    {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'User', name: 'v' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
      ],
    },
    ['x', 'Role/r', '65s', 'u, v', '', 'n/s'],
  ],
  [
    'storage.k8s.io',
    'v1',
    'storageclasses',
    {
      metadata: { ...metadata, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'p',
    },
    ['x (default)', 'p', 'Delete', 'Immediate', false, '65s'],
  ],
  [
    'certificates.k8s.io',
    'v1',
    'certificatesigningrequests',
    {
      spec: { signerName: 's', username: 'u', expirationSeconds: 3600 },
      status: { certificate: 'x', conditions: [{ type: 'Approved' }] },
    },
    ['x', '65s', 's', 'u', '60m', 'Approved,Issued'],
  ],
  [
    'networking.k8s.io',
    'v1',
    'ingresses',
    { spec: { rules: ['a', 'b', 'c', 'd'].map((host) => ({ host })), tls: [{}] } },
    ['x', '<none>', 'a,b,c + 1 more...', '', '80, 443', '65s'],
  ],
  [
    'discovery.k8s.io',
    'v1',
    'endpointslices',
    { addressType: 'IPv4', ports: [{ port: 80 }, { name: 'n' }, {}], endpoints: [] },
    ['x', 'IPv4', '80,n,*', '<unset>', '65s'],
  ],
  [
    'scheduling.k8s.io',
    'v1alpha2',
    'podgroups',
    {
      spec: { schedulingPolicy: { gang: { minCount: 1 } } },
      status: { conditions: [{ type: 'PodGroupScheduled', status: 'False' }] },
    },
    ['x', 'Gang', '<none>', 'Unschedulable', '65s'],
  ],
  [
    'certificates.k8s.io',
    'v1beta1',
    'podcertificaterequests',
    {
      spec: { podName: 'p', serviceAccountName: 's', nodeName: 'n', signerName: 'a.b/c' },
      status: { conditions: [{ type: 'Denied', status: 'True' }] },
    },
    ['x', 'p', 's', 'n', 'a.b/c', 'Denied', '<none>'],
  ],
  [
    'storagemigration.k8s.io',
    'v1beta1',
    'storageversionmigrations',
    {
      spec: { resource: { group: 'apps', resource: 'deployments' } },
      status: {
        conditions: [
          { type: 'Running', status: 'False' },
          { type: 'Succeeded', status: 'True' },
        ],
      },
    },
    ['x', 'deployments.apps', 'Succeeded'],
  ],
  [
    'resource.k8s.io',
    'v1alpha3',
    'resourcepoolstatusrequests',
    {
      spec: { driver: 'd' },
      status: {
        poolCount: 3,
        pools: [
          { totalDevices: 4, availableDevices: 1, allocatedDevices: 3, unavailableDevices: 0 },
          { validationError: 'odd' },
        ],
        conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: metadata.creationTimestamp }],
      },
    },
    ['x', 'd', '4', '1', '3', '0', '1', 3, 'Complete (2/3 pools)', '65s'],
  ],
  [
    'resource.k8s.io',
    'v1beta2',
    'devicetaintrules',
    { spec: { taint: { key: 'k', value: 'v', effect: 'NoExecute', timeAdded: metadata.creationTimestamp } } },
    ['x', 'k', 'v', 'NoExecute', '65s', '65s'],
  ],
  [
    'coordination.k8s.io',
    'v1beta1',
    'leasecandidates',
    { spec: { leaseName: 'l', binaryVersion: '1.36.3', emulationVersion: '1.36' } },
    ['x', 'l', '1.36.3', '1.36', '65s'],
  ],
]

for (const [group, version, plural, object, expected] of rows) {
  test(`the row of ${plural}.${group}: ${expected.slice(1, 4).join(' ')}`, () => {
    assert.deepEqual(cells(group, version, plural, object), expected)
  })
}

test('every printer gives as many cells as its resource has columns, even for an empty object', () => {
  for (const { group, version, resources } of groupVersionInfos()) {
    for (const {
      resource: { plural },
      columns,
    } of resources) {
      const print = printerOf({ group, plural })
      if (!print) continue
      const bare = { roleRef: {}, metadata } as unknown as KubeObject
      assert.equal(print(bare, nowMs).length, columns.length, `${group}/${version} ${plural}`)
    }
  }
})

const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } } as KubeObject

function table(options: Partial<TableOptions>) {
  return toTable(resource('', 'v1', 'configmaps'), [map], { nowMs, ...options })
}

test('toTable includes metadata, the whole object or nothing', () => {
  assert.deepEqual(table({}).rows[0]?.object, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata })
  assert.equal(table({ includeObject: 'Object' }).rows[0]?.object, map)
  assert.equal(table({ includeObject: 'None' }).rows[0]?.object, null)
})

test('toTable leaves column definitions out when asked, and speaks v1beta1', () => {
  assert.equal(table({ headers: false }).columnDefinitions, null)
  assert.equal(table({ version: 'v1beta1' }).apiVersion, 'meta.k8s.io/v1beta1')
})

test('toTable falls back to name and age, or to a printer given', () => {
  const columns = [
    { name: 'Name', type: 'string', format: 'name', priority: 0 },
    { name: 'Age', type: 'date', format: '', priority: 0 },
  ]
  const custom = { group: 'example.com', plural: 'widgets', columns }
  assert.deepEqual(toTable(custom, [map], { nowMs }).rows[0]?.cells, ['x', metadata.creationTimestamp])
  const printed = toTable({ ...custom, print: () => ['own'] }, [map], { nowMs })
  assert.deepEqual(printed.rows[0]?.cells, ['own'])
})

test('a completed pod is marked so', () => {
  const pod = { metadata, status: { phase: 'Succeeded' } } as unknown as KubeObject
  const [row] = toTable(resource('', 'v1', 'pods'), [pod], { nowMs }).rows
  assert.deepEqual(row?.conditions, [
    { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
  ])
})

test('parseIncludeObject refuses unknown values', () => {
  assert.equal(parseIncludeObject(''), 'Metadata')
  assert.throws(
    () => parseIncludeObject('All'),
    /Unable to convert to Table as requested: includeObject: Invalid value: "All"/,
  )
})
