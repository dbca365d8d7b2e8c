import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectiveCapabilities } from './capabilities.ts'

test('effectiveCapabilities reads the line CapEff', () => {
  assert.equal(effectiveCapabilities('CapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\n'), 0x1fffeffffffn)
})

test('effectiveCapabilities throws when the line is missing', () => {
  assert.throws(() => effectiveCapabilities('Name: x\n'), /has no line CapEff/)
})
