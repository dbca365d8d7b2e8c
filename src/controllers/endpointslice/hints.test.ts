import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Node, Pod, Service } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointSlice } from '../../api/types/discovery/v1.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { overloaded, zoneShares } from './hints.ts'
import { endpointsPerSliceMax, planSlices } from './plan.ts'

const zoneLabel = 'topology.kubernetes.io/zone'

function node(name: string, { zone = 'a', cpu = '4', ready = true, labels = {} } = {}): Node {
  return {
    metadata: { name, labels: { ...(zone ? { [zoneLabel]: zone } : {}), ...labels } },
    status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }
}

function pod(name: string, nodeName: string, { ready = true, ipv6 = false } = {}): Pod {
  const number = Number(name.replace(/\D/g, ''))
  const ip = `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
  return {
    metadata: { name, namespace: 'n', uid: name },
    spec: { nodeName, containers: [] },
    status: {
      podIPs: [{ ip }, ...(ipv6 ? [{ ip: `fd00::1:${number.toString(16)}` }] : [])],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}

function service({
  mode,
  ...spec
}: {
  mode?: string
  trafficDistribution?: string
  ipFamilies?: string[]
} = {}): Service {
  const annotations = mode ? { 'service.kubernetes.io/topology-mode': mode } : {}
  const port = { port: 80 }
  return { metadata: { name: 's', namespace: 'n', uid: 's', annotations }, spec: { ports: [port], ...spec } }
}

function plan(subject: Service, pods: Pod[], nodes: Node[], slices: EndpointSlice[] = []) {
  const byName = new Map(nodes.map((each) => [each.metadata.name, each]))
  const nodeOf = (name: string) => byName.get(name)
  return planSlices({ service: subject, pods, slices, nodeOf, changeTime: '', zoneShares: () => zoneShares(nodes) })
}

let made = 0
/** What the cluster holds after the plan. */
function after({ create, update, unchanged }: ReturnType<typeof plan>): EndpointSlice[] {
  const named = create.map((slice) => ({ ...slice, metadata: { ...slice.metadata, name: `s-${made++}` } }))
  return [...unchanged, ...update, ...named]
}

const endpoints = (slices: EndpointSlice[]): Endpoint[] => slices.flatMap((slice) => slice.endpoints ?? [])
const hintsOf = (slices: EndpointSlice[]) =>
  Object.fromEntries(endpoints(slices).map(({ targetRef, hints }) => [targetRef?.name, hints]))

describe('traffic distribution', () => {
  const nodes = [node('n1', { zone: 'a' }), node('n2', { zone: '' })]
  const pods = [pod('p1', 'n1'), pod('p2', 'n2'), pod('p3', 'n1', { ready: false })]
  const zoneA = { forZones: [{ name: 'a' }] }
  const cases: [distribution: string, p1: object | undefined, p2: object | undefined][] = [
    ['PreferClose', zoneA, undefined],
    ['PreferSameZone', zoneA, undefined],
    ['PreferSameNode', { ...zoneA, forNodes: [{ name: 'n1' }] }, { forNodes: [{ name: 'n2' }] }],
    ['Else', undefined, undefined],
  ]
  for (const [trafficDistribution, p1, p2] of cases) {
    test(`${trafficDistribution} hints ready endpoints alone`, () => {
      const slices = after(plan(service({ trafficDistribution }), pods, nodes))
      assert.deepEqual(hintsOf(slices), { p1, p2, p3: undefined })
      const { update, create } = plan(service({ trafficDistribution }), pods, nodes, slices)
      assert.deepEqual([update, create], [[], []])
    })
  }

  test('is given up with one write, and gives way to topology mode', () => {
    const slices = after(plan(service({ trafficDistribution: 'PreferClose' }), pods, nodes))
    const without = plan(service(), pods, nodes, slices)
    assert.deepEqual([without.update.length, hintsOf(without.update).p1], [1, undefined])
    const both = plan(service({ trafficDistribution: 'PreferClose', mode: 'Auto' }), pods, nodes, slices)
    assert.deepEqual(hintsOf(after(both)).p1, undefined)
    assert.deepEqual(
      [...both.hinting],
      [
        [
          'IPv4',
          { disabled: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes' },
        ],
      ],
    )
  })
})

describe('zoneShares', () => {
  const shares = (...nodes: Node[]) => {
    const known = zoneShares(nodes)
    return known && Object.fromEntries(known)
  }
  test('counts CPUs of ready nodes that are no control plane', () => {
    const control = node('c', { zone: 'c', labels: { 'node-role.kubernetes.io/control-plane': '' } })
    const lost = node('l', { zone: 'b', ready: false })
    assert.deepEqual(shares(node('1', { cpu: '3' }), node('2', { zone: 'b', cpu: '1000m' }), control, lost), {
      a: 0.75,
      b: 0.25,
    })
  })
  test('knows nothing of one zone, nodes without zone and nodes without CPUs', () => {
    assert.equal(shares(node('1'), node('2')), undefined)
    assert.equal(shares(node('1'), node('2', { zone: 'b' }), node('3', { zone: '' })), undefined)
    assert.equal(shares(node('1'), node('2', { zone: 'b', cpu: '0' })), undefined)
  })
})

describe('topology mode', () => {
  const two = [node('n1', { zone: 'a' }), node('n2', { zone: 'b' })]
  const auto = service({ mode: 'Auto' })
  const zones = (slices: EndpointSlice[]) => {
    const counts: Record<string, number> = {}
    for (const { hints } of endpoints(slices)) {
      for (const { name } of hints?.forZones ?? []) counts[name] = (counts[name] ?? 0) + 1
    }
    return counts
  }
  const many = (nodeName: string, count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => pod(`p${from + index}`, nodeName))

  test('lets endpoints of the fuller zone serve the other', () => {
    const slices = after(plan(auto, [...many('n1', 7), ...many('n2', 1, 100)], two))
    assert.deepEqual(zones(slices), { a: 4, b: 4 })
  })

  test('says why it gives no hints', () => {
    const [outcome] = [...plan(auto, many('n1', 1), two).hinting.values()]
    assert.deepEqual(outcome, { disabled: 'Insufficient number of endpoints (1 endpoints, 2 zones)' })
    const uneven = [node('n1', { zone: 'a', cpu: '10' }), node('n2', { zone: 'b', cpu: '1' })]
    assert.deepEqual(
      [...plan(auto, many('n1', 2), uneven).hinting.values()],
      [
        {
          disabled:
            'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (2 endpoints, 2 zones)',
        },
      ],
    )
  })

  test('does not look at endpoints of the other family', () => {
    const dual = service({ mode: 'auto', ipFamilies: ['IPv4', 'IPv6'] })
    const pods = [pod('p1', 'n1', { ipv6: true }), pod('p2', 'n2')]
    const { hinting } = plan(dual, pods, two)
    assert.deepEqual([...hinting.keys()], ['IPv4', 'IPv6'])
    assert.ok('counts' in (hinting.get('IPv4') ?? {}))
    assert.ok('disabled' in (hinting.get('IPv6') ?? {}))
  })

  test('overloaded notices zones that came, grew or went', () => {
    const counts = new Map([
      ['a', 4],
      ['b', 4],
    ])
    assert.equal(overloaded(counts, zoneShares(two)), false)
    assert.equal(overloaded(counts, zoneShares([...two, node('n3', { zone: 'c' })])), true)
    assert.equal(overloaded(counts, zoneShares([...two, node('n3', { zone: 'a', cpu: '8' })])), true)
    assert.equal(overloaded(counts, undefined), true)
  })
})

/** What must hold of any slices, told without a look at how they are made. */
function check(subject: Service, pods: Pod[], nodes: Node[], before: EndpointSlice[], made: EndpointSlice[]): void {
  const families = subject.spec?.ipFamilies ?? ['IPv4']
  for (const family of families) {
    const slices = made.filter(({ addressType }) => addressType === family)
    assert.ok(slices.length > 0 && slices.every((slice) => (slice.endpoints ?? []).length <= endpointsPerSliceMax))
    const wanted = pods.flatMap(({ status }) =>
      (status?.podIPs ?? []).map(({ ip = '' }) => ip).filter((ip) => ip.includes(':') === (family === 'IPv6')),
    )
    const given = endpoints(slices).flatMap(({ addresses }) => addresses)
    assert.deepEqual([...given].sort(), wanted.sort(), 'every address once')
    for (const slice of before.filter(({ addressType }) => addressType === family)) {
      const now = slices.find(({ metadata }) => metadata.name === slice.metadata.name)
      const stays = (slice.endpoints ?? []).filter(({ addresses }) => given.includes(addresses[0] ?? ''))
      const there = new Set((now?.endpoints ?? []).map(({ addresses }) => addresses[0]))
      assert.ok(
        stays.every(({ addresses }) => there.has(addresses[0])),
        'nothing moves',
      )
    }
    checkHints(endpoints(slices), nodes)
  }
}

/** No zone's endpoints get more than 120 % of the traffic that is theirs, when clients are where the CPUs are. */
function checkHints(all: Endpoint[], nodes: Node[]): void {
  const ready = all.filter(({ conditions }) => conditions?.ready)
  assert.ok(all.every(({ conditions, hints }) => conditions?.ready || !hints))
  const hinted = ready.filter(({ hints }) => hints)
  if (hinted.length === 0) return
  assert.equal(hinted.length, ready.length, 'all ready endpoints have hints, or none has')
  const cpus = (zone?: string) =>
    nodes
      .filter(({ metadata }) => zone === undefined || metadata.labels?.[zoneLabel] === zone)
      .reduce((sum, { status }) => sum + Number(status?.allocatable?.cpu), 0)
  for (const zone of new Set(nodes.map(({ metadata }) => metadata.labels?.[zoneLabel] ?? ''))) {
    const count = hinted.filter(({ hints }) => hints?.forZones?.some(({ name }) => name === zone)).length
    const traffic = cpus(zone) / cpus()
    assert.ok(count * 1.2 + 1e-9 >= traffic * ready.length, `${zone}: ${count} of ${ready.length} for ${traffic}`)
  }
}

test('slices of hundreds of random changes keep all invariants and settle at once', () => {
  const random = simulatedRandom('slices')
  const whole = (max: number) => random.int(max)
  for (let program = 0; program < 8; program++) {
    const nodes = Array.from({ length: 2 + whole(5) }, (_, index) =>
      node(`n${index}`, { zone: 'abc'[whole(3)] ?? 'a', cpu: String(1 + whole(8)) }),
    )
    const subject = service({ mode: 'Auto', ipFamilies: program % 2 ? ['IPv4'] : ['IPv4', 'IPv6'] })
    let pods: Pod[] = []
    let slices: EndpointSlice[] = []
    for (let step = 0, next = 0; step < 40; step++) {
      const leaving = random.float() * 0.3
      pods = pods.filter(() => random.float() > leaving)
      for (let more = whole(80); more > 0; more--) {
        pods.push(pod(`p${next++}`, `n${whole(nodes.length)}`, { ready: random.float() > 0.2, ipv6: true }))
      }
      const changed = plan(subject, pods, nodes, slices)
      const now = after(changed)
      check(subject, pods, nodes, slices, now)
      const again = plan(subject, pods, nodes, now)
      assert.deepEqual([again.create, again.update, again.delete], [[], [], []])
      slices = now
    }
  }
})
