import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holds, nextFree, parsePool, reaches } from './pool.ts'

test('parsePool takes CIDRs, ranges and single addresses, and leaves out a network’s own two', () => {
  const all = (text: string): string[] => {
    const pool = parsePool(text)
    const found: string[] = []
    for (const family of ['IPv4', 'IPv6'] as const) {
      const next = () => nextFree(pool, family, (one) => found.includes(one))
      for (let address = next(); address !== undefined; address = next()) found.push(address)
    }
    return found
  }
  assert.deepEqual(all('192.0.2.4/30'), ['192.0.2.5', '192.0.2.6'])
  assert.deepEqual(all('192.0.2.4/31'), ['192.0.2.4', '192.0.2.5'])
  assert.deepEqual(all('192.0.2.255-192.0.3.1'), ['192.0.2.255', '192.0.3.0', '192.0.3.1'])
  assert.deepEqual(all('192.0.2.9, 2001:db8::f-2001:db8::10'), ['192.0.2.9', '2001:db8::f', '2001:db8::10'])
})

test('parsePool refuses what is no range', () => {
  for (const text of [
    '',
    'x',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/a',
    '192.0.2.2-192.0.2.1',
    '192.0.2.1-::1',
    '::/129',
  ])
    assert.throws(() => parsePool(text), /^Error: load balancer pool: /, text)
})

test('holds knows families apart', () => {
  const pool = parsePool('0.0.0.0/0')
  assert.deepEqual([holds(pool, '192.0.2.1'), holds(pool, '::1')], [true, false])
})

test('reaches says whether a subnet has addresses of the pool', () => {
  const pool = parsePool('192.0.2.240-192.0.2.250,2001:db8::/120')
  assert.deepEqual(
    ['192.0.2.1/24', '192.0.2.1/25', '192.0.2.129/25', '10.0.0.1/8', '2001:db8::1/64', '192.0.2.241/32'].map((subnet) =>
      reaches(pool, subnet),
    ),
    [true, false, true, false, true, true],
  )
})
