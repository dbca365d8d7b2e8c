import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  isQuantity,
  milliValue,
  parseQuantity,
  QuantityError,
  quantityOfMilli,
  quantityOfWhole,
  subtractQuantities,
  wholeValue,
} from './quantity.ts'

const canonical: [string, string][] = [
  ['0', '0'],
  ['0m', '0'],
  ['1', '1'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['0.5', '500m'],
  ['.5', '500m'],
  ['1.', '1.'],
  ['1.500', '1.500'],
  ['100k', '100k'],
  ['1000k', '1M'],
  ['1024Mi', '1Gi'],
  ['1536Mi', '1536Mi'],
  ['1.5Gi', '1536Mi'],
  ['512Ki', '512Ki'],
  ['0.5Mi', '512Ki'],
  ['1024', '1024'],
  ['1000', '1k'],
  ['1Ki', '1Ki'],
  ['0.5Ki', '512'],
  ['0.1Ki', '102400m'],
  ['-1000m', '-1'],
  ['12e6', '12e6'],
  ['12000e3', '12e6'],
  ['1e3', '1e3'],
  ['0.0000000001', '1n'],
  ['-0.0000000001', '-1n'],
  ['100E', '100E'],
  ['16Ei', '9223372036854775807'],
  ['+3', '+3'],
]

for (const [text, expected] of canonical) {
  test(`canonicalQuantity writes ${text} as ${expected}`, () => assert.equal(canonicalQuantity(text), expected))
}

for (const text of ['', 'a', '1a', '1 Gi', '1..2', '1Gi1', '--1', '1mm', '1e', '1e2000', '0x1', ' 1', 'Ki1']) {
  test(`parseQuantity refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseQuantity(text), QuantityError)
    assert.equal(isQuantity(text), false)
  })
}

test('wholeValue and milliValue round away from zero', () => {
  assert.equal(wholeValue('1500m'), 2)
  assert.equal(wholeValue('-1500m'), -2)
  assert.equal(wholeValue('1Gi'), 1024 ** 3)
  assert.equal(milliValue('2'), 2000)
  assert.equal(milliValue('0.1u'), 1)
  assert.equal(milliValue('250m'), 250)
})

test('compareQuantities compares values across suffixes', () => {
  assert.equal(compareQuantities('1', '1000m'), 0)
  assert.ok(compareQuantities('1Gi', '1G') > 0)
  assert.ok(compareQuantities('-1', '0') < 0)
})

test('addQuantities keeps the suffix family of the first that is not zero', () => {
  assert.equal(addQuantities('1Gi', '1Gi'), '2Gi')
  assert.equal(addQuantities('0', '1024Mi'), '1Gi')
  assert.equal(subtractQuantities('1', '250m'), '750m')
  assert.equal(quantityOfMilli(1500), '1500m')
  assert.equal(quantityOfWhole(2048n, 'BinarySI'), '2Ki')
})

test('canonicalQuantity keeps the value and settles after one step', () => {
  const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'u', 'n')
  const number = fc.tuple(fc.integer({ min: -99999, max: 99999 }), fc.nat(9999), suffix)
  fc.assert(
    fc.property(number, ([whole, fraction, unit]) => {
      const text = `${whole}.${fraction}${unit}`
      const once = canonicalQuantity(text)
      assert.equal(compareQuantities(text, once), 0)
      assert.equal(canonicalQuantity(once), once)
    }),
  )
})
