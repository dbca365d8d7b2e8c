import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFlags } from '../apiserver/flags.ts'
import { endpointOptionsOf } from './endpoint-flags.ts'
import { componentFlags } from './flag-tables.ts'

const optionsOf = (...words: string[]) => endpointOptionsOf(parseFlags(words, componentFlags('controller-manager')))

test('endpointOptionsOf reads how many endpoints a slice may have', () => {
  assert.deepEqual(optionsOf(), {
    endpointSlice: { endpointsMax: 100 },
    endpointSliceMirroring: { addressesMax: 1000 },
  })
  assert.deepEqual(optionsOf('--max-endpoints-per-slice=50', '--mirroring-max-endpoints-per-subset=7'), {
    endpointSlice: { endpointsMax: 50 },
    endpointSliceMirroring: { addressesMax: 7 },
  })
  const refused: [string, RegExp][] = [
    ['--max-endpoints-per-slice=0', /max-endpoints-per-slice must not be less than 1, but got 0/],
    ['--mirroring-max-endpoints-per-subset=1001', /per-subset must not be more than 1000, but got 1001/],
  ]
  for (const [word, message] of refused) assert.throws(() => optionsOf(word), message)
})
