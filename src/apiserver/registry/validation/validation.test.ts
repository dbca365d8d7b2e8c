import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cidrContains, cidrFamily, ipFamily, nonSpecialIpErrors } from './addresses.ts'
import { isDomainPrefixedPath } from './domain-path.ts'
import { semanticEqual } from './equal.ts'
import { goStruct } from './go-struct.ts'
import { validateLabelSelector } from './labels.ts'
import { localNonReservedPath } from './paths.ts'
import { validateContainerResources } from './resources.ts'

test('ipFamily and cidrFamily tell addresses from other text', () => {
  const families = ['10.0.0.1', '010.0.0.1', '::1', '2001:db8::1', 'fe80::1%eth0', '10.0.0', '256.1.1.1', '', 'x'].map(
    ipFamily,
  )
  assert.deepEqual(families, ['IPv4', 'IPv4', 'IPv6', 'IPv6', undefined, undefined, undefined, undefined, undefined])
  assert.deepEqual(['10.0.0.0/8', '::/0', '10.0.0.0/33', '10.0.0.0', 'x/8'].map(cidrFamily), [
    'IPv4',
    'IPv6',
    undefined,
    undefined,
    undefined,
  ])
})

test('cidrContains wants a smaller range inside', () => {
  assert.equal(cidrContains('10.0.0.0/8')('10.1.0.0/16'), true)
  assert.equal(cidrContains('10.0.0.0/8')('11.1.0.0/16'), false)
  assert.equal(cidrContains('10.0.0.0/8')('10.0.0.0/8'), false)
  assert.equal(cidrContains('2001:db8::/32')('2001:db8:1::/48'), true)
  assert.equal(cidrContains('2001:db8::/32')('10.0.0.0/8'), false)
})

test('nonSpecialIpErrors refuses addresses that reach no other host', () => {
  for (const address of ['0.0.0.0', '::', '127.0.0.1', '::1', '169.254.1.1', 'fe80::1', '224.0.0.1', 'ff02::1']) {
    assert.equal(nonSpecialIpErrors(address).length, 1, address)
  }
  for (const address of ['10.0.0.1', '2001:db8::1', '1.127.0.1'])
    assert.deepEqual(nonSpecialIpErrors(address), [], address)
})

test('semanticEqual takes absent, null and empty lists for the same', () => {
  assert.equal(semanticEqual({ a: [], b: null }, {}), true)
  assert.equal(semanticEqual({ a: {} }, {}), false)
  assert.equal(semanticEqual([{ a: 1 }], [{ a: 2 }]), false)
  assert.equal(semanticEqual({ a: 0 }, { a: 0, b: undefined }), true)
})

test('goStruct writes absent fields with their zero values', () => {
  assert.deepEqual(goStruct('StatefulSetUpdateStrategy', { type: 'X' }), { Type: 'X', RollingUpdate: null })
  assert.deepEqual(goStruct('NodeSelectorTerm', { matchExpressions: [{ key: 'a', operator: 'Exists' }] }), {
    MatchExpressions: [{ Key: 'a', Operator: 'Exists', Values: null }],
    MatchFields: null,
  })
  assert.equal(goStruct('NodeSelectorTerm', undefined), null)
})

test('isDomainPrefixedPath wants a domain and a path', () => {
  assert.deepEqual(isDomainPrefixedPath('p', 'example.com/a/b'), [])
  for (const wrong of ['', 'example.com', '/a', 'example.com/', 'Upper.com/a', 'example.com/a b']) {
    assert.equal(isDomainPrefixedPath('p', wrong).length, 1, wrong)
  }
})

test('localNonReservedPath keeps files inside their volume', () => {
  for (const fine of ['a', 'a/b', 'a..b', '.a']) assert.deepEqual(localNonReservedPath('p', fine), [], fine)
  for (const wrong of ['/a', '../a', 'a/../b', '..a']) assert.equal(localNonReservedPath('p', wrong).length, 1, wrong)
})

test('validateLabelSelector names each wrong part', () => {
  const paths = validateLabelSelector('s', {
    matchLabels: { a: 'b c' },
    matchExpressions: [
      { key: 'k', operator: 'In' },
      { key: 'k', operator: 'Exists', values: ['v'] },
      { key: '', operator: 'Near' },
    ],
  }).map(({ path }) => path)
  assert.deepEqual(
    [...new Set(paths)],
    [
      's.matchLabels',
      's.matchExpressions[0].values',
      's.matchExpressions[1].values',
      's.matchExpressions[2].operator',
      's.matchExpressions[2].key',
    ],
  )
})

test('validateContainerResources compares requests with limits and knows names', () => {
  const errors = validateContainerResources('r', {
    limits: { cpu: '1', 'hugepages-2Mi': '3Mi', 'example.com/gpu': '1' },
    requests: { cpu: '2', pods: '1', 'example.com/gpu': '500m' },
  })
  assert.deepEqual(
    errors.map(({ path, detail }) => `${path}: ${detail}`),
    [
      'r.limits[hugepages-2Mi]: 3Mi is not positive integer multiple of hugepages-2Mi',
      'r.requests: must be less than or equal to cpu limit of 1',
      'r.requests[pods]: must be a standard resource for containers',
      'r.requests[example.com/gpu]: must be an integer',
      'r.requests: must be equal to example.com/gpu limit of 1',
    ],
  )
})
