import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../api/types/core/v1.ts'
import type {
  Device,
  DeviceClaim,
  DeviceClass,
  DeviceRequest,
  ResourceClaim,
  ResourceSlice,
  ResourceSliceSpec,
} from '../../api/types/resource/v1.ts'
import { allocate, type DevicesInUse } from './allocate.ts'
import { poolsFor, slicesByPool } from './pools.ts'

const node: Node = { metadata: { name: 'n1', labels: { zone: 'a' } } }
const driver = 'd.example.com'
const classes: Record<string, DeviceClass> = {
  gpu: { metadata: { name: 'gpu' }, spec: { selectors: [{ cel: { expression: 'kind=gpu' } }] } },
  any: { metadata: { name: 'any' }, spec: { config: [{ opaque: { driver, parameters: { mode: 'fast' } } }] } },
}

/** For these tests `kind=gpu` stands for an expression: whether the attribute has that text. */
function matches(expression: string, _driver: string, { attributes = {} }: Device): boolean {
  const [name = '', value] = expression.split('=')
  if (name === 'boom') throw new Error('CEL runtime error: boom')
  return attributes[name]?.string === value
}

const gpu = (name: string, more: Partial<Device> = {}): Device => ({
  name,
  attributes: { kind: { string: 'gpu' } },
  ...more,
})

function slice(name: string, devices: Device[], more: Partial<ResourceSliceSpec> = {}): ResourceSlice {
  const pool = { name: 'p', generation: 1, resourceSliceCount: 1 }
  return { metadata: { name }, spec: { driver, pool, nodeName: 'n1', devices, ...more } }
}

function claim(devices: DeviceClaim): ResourceClaim {
  return { metadata: { name: 'c', namespace: 'n' }, spec: { devices } }
}

const exactly = (name: string, more: object = {}): DeviceRequest => ({
  name,
  exactly: { deviceClassName: 'gpu', ...more },
})
const free: DevicesInUse = { dedicated: new Set(), shared: new Map() }

function given(claims: ResourceClaim[], slices: ResourceSlice[], inUse = free) {
  const pools = poolsFor(node, slicesByPool(slices))
  const parts = { node, pools, inUse, classOf: (name: string) => classes[name], matches, newShareId: () => 'share' }
  return allocate(claims, parts)
}

/** `request=device` of all claims. */
function names(claims: ResourceClaim[], slices: ResourceSlice[], inUse = free): string[] | undefined {
  const results = given(claims, slices, inUse)
  return results?.flatMap(({ devices }) =>
    (devices?.results ?? []).map(({ request, device }) => `${request}=${device}`),
  )
}

const two = slice('s', [gpu('a'), gpu('b'), { name: 'c', attributes: { kind: { string: 'nic' } } }])
const pairs = slice('s', [
  gpu('a', { attributes: { kind: { string: 'gpu' }, socket: { int: 0 } } }),
  gpu('b', { attributes: { kind: { string: 'gpu' }, socket: { int: 1 } } }),
  gpu('c', { attributes: { kind: { string: 'gpu' }, [`${driver}/socket`]: { int: 1 } } }),
])
const taint = { key: 'broken', effect: 'NoSchedule' }
const counters = (value: string) => [{ counterSet: 'memory', counters: { bytes: { value } } }]
const partitions = [
  slice('s1', [], {
    pool: { name: 'p', generation: 1, resourceSliceCount: 2 },
    sharedCounters: [{ name: 'memory', counters: { bytes: { value: '40Gi' } } }],
  }),
  slice(
    's2',
    [
      gpu('whole', { consumesCounters: counters('40Gi') }),
      gpu('half-1', { consumesCounters: counters('20Gi') }),
      gpu('half-2', { consumesCounters: counters('20Gi') }),
    ],
    {
      pool: { name: 'p', generation: 1, resourceSliceCount: 2 },
    },
  ),
]
const nic = slice('s', [
  gpu('nic', {
    allowMultipleAllocations: true,
    capacity: { bandwidth: { value: '10', requestPolicy: { default: '1', validRange: { min: '1', step: '2' } } } },
  }),
])
const bandwidth = (amount: string) => exactly('r', { capacity: { requests: { bandwidth: amount } } })

const table: [
  what: string,
  claims: ResourceClaim[],
  slices: ResourceSlice[],
  names: string[] | undefined,
  inUse?: DevicesInUse,
][] = [
  ['the first that fits', [claim({ requests: [exactly('r')] })], [two], ['r=a']],
  ['as many as are asked for', [claim({ requests: [exactly('r', { count: 2 })] })], [two], ['r=a', 'r=b']],
  ['nothing when there are too few', [claim({ requests: [exactly('r', { count: 3 })] })], [two], undefined],
  ['all that fit', [claim({ requests: [exactly('r', { allocationMode: 'All' })] })], [two], ['r=a', 'r=b']],
  [
    'not all when one is in use',
    [claim({ requests: [exactly('r', { allocationMode: 'All' })] })],
    [two],
    undefined,
    { ...free, dedicated: new Set([`${driver}/p/a`]) },
  ],
  [
    'another when the first is in use',
    [claim({ requests: [exactly('r')] })],
    [two],
    ['r=b'],
    { ...free, dedicated: new Set([`${driver}/p/a`]) },
  ],
  [
    'one in use for administration',
    [claim({ requests: [exactly('r', { adminAccess: true })] })],
    [two],
    ['r=a'],
    { ...free, dedicated: new Set([`${driver}/p/a`]) },
  ],
  [
    'different devices to two claims',
    [claim({ requests: [exactly('r')] }), claim({ requests: [exactly('q')] })],
    [two],
    ['r=a', 'q=b'],
  ],
  [
    'what selectors leave',
    [
      claim({
        requests: [
          { name: 'r', exactly: { deviceClassName: 'any', selectors: [{ cel: { expression: 'kind=nic' } }] } },
        ],
      }),
    ],
    [two],
    ['r=c'],
  ],
  [
    'what shares an attribute, going back for it',
    [claim({ requests: [exactly('r'), exactly('q')], constraints: [{ matchAttribute: `${driver}/socket` }] })],
    [pairs],
    ['r=b', 'q=c'],
  ],
  [
    'what differs in an attribute',
    [claim({ requests: [exactly('r', { count: 2 })], constraints: [{ distinctAttribute: `${driver}/socket` }] })],
    [pairs],
    ['r=a', 'r=b'],
  ],
  [
    'nothing when three cannot differ',
    [claim({ requests: [exactly('r', { count: 3 })], constraints: [{ distinctAttribute: `${driver}/socket` }] })],
    [pairs],
    undefined,
  ],
  [
    'the first alternative that can be had',
    [
      claim({
        requests: [
          {
            name: 'r',
            firstAvailable: [
              { name: 'many', deviceClassName: 'gpu', count: 9 },
              { name: 'one', deviceClassName: 'gpu' },
            ],
          },
        ],
      }),
    ],
    [two],
    ['r/one=a'],
  ],
  ['nothing tainted', [claim({ requests: [exactly('r')] })], [slice('s', [gpu('a', { taints: [taint] })])], undefined],
  [
    'tainted ones to who tolerates them',
    [claim({ requests: [exactly('r', { tolerations: [{ key: 'broken', operator: 'Exists' }] })] })],
    [slice('s', [gpu('a', { taints: [taint] })])],
    ['r=a'],
  ],
  [
    'halves once a half is taken',
    [claim({ requests: [exactly('r')] })],
    partitions,
    ['r=half-1'],
    { ...free, dedicated: new Set([`${driver}/p/half-2`]) },
  ],
  [
    'two halves, not the whole and a half',
    [claim({ requests: [exactly('r', { count: 2 })] })],
    partitions,
    ['r=half-1', 'r=half-2'],
  ],
  [
    'shares of one device',
    [claim({ requests: [bandwidth('3')] }), claim({ requests: [bandwidth('5')] })],
    [nic],
    ['r=nic', 'r=nic'],
  ],
  [
    'no share beyond its capacity',
    [claim({ requests: [bandwidth('5')] }), claim({ requests: [bandwidth('7')] })],
    [nic],
    undefined,
  ],
  [
    'no capacity that a device lacks',
    [claim({ requests: [exactly('r', { capacity: { requests: { depth: '1' } } })] })],
    [nic],
    undefined,
  ],
  [
    'nothing of another node',
    [claim({ requests: [exactly('r')] })],
    [slice('s', [gpu('a')], { nodeName: 'n2' })],
    undefined,
  ],
  [
    'nothing of a pool that is not complete',
    [claim({ requests: [exactly('r')] })],
    [slice('s', [gpu('a')], { pool: { name: 'p', generation: 1, resourceSliceCount: 2 } })],
    undefined,
  ],
  [
    'the newest generation',
    [claim({ requests: [exactly('r')] })],
    [slice('old', [gpu('a')]), slice('new', [gpu('b')], { pool: { name: 'p', generation: 2, resourceSliceCount: 1 } })],
    ['r=b'],
  ],
]

for (const [what, claims, slices, expected, inUse] of table) {
  test(`allocate gives ${what}`, () => assert.deepEqual(names(claims, slices, inUse), expected))
}

test('allocate says what the driver needs to know', () => {
  const nodeSelector = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }] }
  const { nodeName: _, ...zonal } = slice('s', [{ name: 'a' }]).spec
  const own = { opaque: { driver, parameters: { size: 1 } } }
  const asked = claim({
    requests: [{ name: 'r', exactly: { deviceClassName: 'any' } }],
    config: [own, { requests: ['other'], ...own }],
  })
  const [result] = given([asked], [{ metadata: { name: 's' }, spec: { ...zonal, nodeSelector } }]) ?? []
  assert.deepEqual(result, {
    devices: {
      results: [{ request: 'r', driver, pool: 'p', device: 'a' }],
      config: [
        { opaque: { driver, parameters: { mode: 'fast' } }, source: 'FromClass', requests: ['r'] },
        { ...own, source: 'FromClaim' },
      ],
    },
    nodeSelector,
  })
  const [bound] = given([claim({ requests: [exactly('r')] })], [two]) ?? []
  const only = { key: 'metadata.name', operator: 'In', values: ['n1'] }
  assert.deepEqual(bound?.nodeSelector, { nodeSelectorTerms: [{ matchFields: [only] }] })
  const [shared] = given([claim({ requests: [bandwidth('4')] })], [nic]) ?? []
  const [share] = shared?.devices?.results ?? []
  assert.deepEqual([share?.shareID, share?.consumedCapacity], ['share', { bandwidth: '5' }])
})

test('allocate says why claims cannot be served anywhere', () => {
  const asks = (request: DeviceRequest) => () => given([claim({ requests: [request] })], [two])
  assert.throws(asks(exactly('r', { deviceClassName: 'none' })), /request r: device class none does not exist/)
  assert.throws(
    asks(exactly('r', { selectors: [{ cel: { expression: 'boom' } }] })),
    /request r: selector #0: CEL runtime error: boom/,
  )
  const twins = slice('s', [gpu('a'), gpu('a')])
  assert.throws(() => given([claim({ requests: [exactly('r')] })], [twins]), /invalid resource pools were encountered/)
})

test('allocate gives up where there are too many ways to try', () => {
  const many = slice(
    's',
    Array.from({ length: 60 }, (_, index) =>
      gpu(`g${index}`, { attributes: { kind: { string: 'gpu' }, id: { int: index } } }),
    ),
  )
  const impossible = claim({
    requests: [exactly('r', { count: 16 }), exactly('q')],
    constraints: [
      { requests: ['r'], distinctAttribute: `${driver}/id` },
      { requests: ['q'], matchAttribute: `${driver}/absent` },
    ],
  })
  assert.throws(() => given([impossible], [many]), /node n1: timed out trying to allocate devices/)
})
