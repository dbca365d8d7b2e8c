import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Device } from '../../../api/types/resource/v1.ts'
import { compile } from '../../cel/index.ts'
import { deviceEnvironment, deviceExpressionFault } from './device-expression.ts'
import { deviceMatches } from './device-matching.ts'

const driver = 'gpu.example.com'
const device: Device = {
  name: 'gpu-0',
  attributes: {
    model: { string: 'A100' },
    'gpu.example.com/cores': { int: 108 },
    'other.example.com/healthy': { bool: true },
    driverVersion: { version: '535.2.1' },
  },
  capacity: { memory: { value: '40Gi' } },
  allowMultipleAllocations: true,
}

const table: [expression: string, holds: boolean][] = [
  ['device.driver == "gpu.example.com"', true],
  ['device.attributes["gpu.example.com"].model == "A100"', true],
  ['device.attributes["gpu.example.com"].cores > 200', false],
  ['device.attributes["other.example.com"].healthy', true],
  ['"model" in device.attributes["absent.example.com"]', false],
  ['device.attributes["gpu.example.com"].driverVersion.isGreaterThan(semver("530.0.0"))', true],
  ['device.capacity["gpu.example.com"].memory.compareTo(quantity("80Gi")) >= 0', false],
  ['device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("1Gi"))', true],
  ['device.allowMultipleAllocations', true],
  ['cel.bind(gpu, device.attributes["gpu.example.com"], gpu.cores > 100 && gpu.model == "A100")', true],
  ['cel.bind(never, 1 / 0, device.allowMultipleAllocations)', true],
]

for (const [expression, holds] of table) {
  test(`deviceMatches ${expression}`, () => assert.equal(deviceMatches(expression, driver, device), holds))
}

test('deviceMatches says what an expression lacks', () => {
  const absent = 'device.attributes["gpu.example.com"].absent == 1'
  assert.throws(() => deviceMatches(absent, driver, device), /CEL runtime error: no such key: absent/)
  assert.throws(() => deviceMatches('device.nothing', driver, device), /CEL compile error: compilation failed/)
  assert.throws(() => deviceMatches('1', driver, device), /neither yes nor no/)
})

test('cel.bind costs what upstream charges, takes plain names only, and is known to device selectors only', () => {
  const compiled = compile('cel.bind(dra, device.attributes["dra.example.com"], dra.name)', deviceEnvironment)
  assert(compiled.ok)
  assert.equal(compiled.program.estimate.max, 15)
  const given: Device = { name: 'a', attributes: { name: { bool: true } } }
  assert.equal(deviceMatches(compiled.program.expression, 'dra.example.com', given), true)
  const fault = deviceExpressionFault('cel.bind(1, 2, true)')
  assert.match(fault ?? '', /cel\.bind\(\) variable names must be simple identifiers/)
  const elsewhere = compile('cel.bind(a, 1, a == 1)', { variables: new Map() })
  assert(!elsewhere.ok)
  assert.match(elsewhere.message, /undeclared reference to 'cel'/)
})
