import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtobufError } from '../../api/codec/wire.ts'
import { decodeMessage, encodeMessage } from './wire.ts'

test('encodeMessage writes what protobuf prescribes when fields are strings, numbers and messages', () => {
  const bytes = encodeMessage('RunPodSandboxRequest', {
    config: { metadata: { name: 'p', attempt: 300 }, labels: { a: 'b' } },
    runtimeHandler: 'x',
  })
  assert.equal(Buffer.from(bytes).toString('hex'), '0a100a060a017020ac0232060a0161120162120178')
})

test('decodeMessage returns what encodeMessage wrote when numbers are negative, large or zero', () => {
  const resources = { cpuPeriod: 100_000, cpuQuota: -1, memoryLimitInBytes: 2 ** 52, oomScoreAdj: -998 }
  const decoded = decodeMessage('LinuxContainerResources', encodeMessage('LinuxContainerResources', resources))
  assert.deepEqual(decoded, resources)
})

test('decodeMessage names enum values when the field is absent or set', () => {
  const bytes = encodeMessage('NamespaceOption', { network: 'NODE', pid: 'CONTAINER' })
  assert.deepEqual(decodeMessage('NamespaceOption', bytes), { network: 'NODE', pid: 'CONTAINER', ipc: 'POD' })
})

test('decodeMessage reads packed and unpacked lists when either is sent', () => {
  assert.deepEqual(decodeMessage('PortForwardRequest', Buffer.from('120250001251', 'hex').subarray(0, 4)), {
    port: [80, 0],
  })
  assert.deepEqual(decodeMessage('PortForwardRequest', Buffer.from('10501051', 'hex')), { port: [80, 81] })
})

test('decodeMessage refuses bytes when a field runs past the end', () => {
  assert.throws(() => decodeMessage('VersionRequest', Buffer.from('0a05', 'hex')), ProtobufError)
})

test('encodeMessage refuses an enum value when its type does not have it', () => {
  assert.throws(
    () => encodeMessage('NamespaceOption', { network: 'NOWHERE' as 'NODE' }),
    /no enum value is named "NOWHERE"/,
  )
})
