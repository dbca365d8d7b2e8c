import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeJson, encodeProtobuf } from './codec.ts'

test('what HTML gives a meaning to is written as Go writes it, in raw values too', () => {})
