import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WrittenNumber } from '../patch/json-value.ts'
import { typeByName } from '../schema/registry.ts'
import { DecodeError, decodeDocument, parseWrittenJson } from './json.ts'
import { parseAsWritten, withPlainNumbers } from './written-number.ts'

const pod = typeByName('core/v1.Pod')
const budget = typeByName('policy/v1.PodDisruptionBudget')
const revision = typeByName('apps/v1.ControllerRevision')

// biome-ignore lint/suspicious/noExplicitAny: objects of every kind
const decode = (type: typeof pod, text: string): any => decodeDocument(type, parseWrittenJson(text)).object

test('parseAsWritten keeps the text of numbers that JavaScript would write otherwise', () => {
  const value = parseAsWritten(
    '{"a":[1,1.5,-2],"b":1.0,"c":9007199254740993,"d":1e400,"__proto__":2e0,"e":"\\u00001.0"}',
  )
  const written = (text: string) => new WrittenNumber(text)
  assert.deepEqual(Object.entries(value as object), [
    ['a', [1, 1.5, -2]],
    ['b', written('1.0')],
    ['c', 9007199254740993n],
    ['d', written('1e400')],
    ['__proto__', written('2e0')],
    ['e', '\u00001.0'],
  ])
  for (const text of ['01.0', '1.', '.5e1', '1e', '--1.0', '1.0.0', '1.0 2.0', '{"a":1.0']) {
    assert.throws(() => parseAsWritten(text), SyntaxError, text)
  }
})

test('withPlainNumbers gives the numbers of JavaScript, and refuses those it has not', () => {
  const value = withPlainNumbers(parseAsWritten('{"a":[1.0,{"b":1e2}],"__proto__":2e0}'))
  assert.equal(JSON.stringify(value), '{"a":[1,{"b":100}],"__proto__":2}')
  const huge = 'json: cannot unmarshal number -1e400 into Go value of type float64'
  assert.throws(() => withPlainNumbers(parseAsWritten('[[-1e400]]')), new DecodeError(huge))
})

for (const [written, canonical] of [
  ['12345678901234567890123', '12345678901234567890123'],
  ['0.1234567890123456789e18', '123456789012345678900e-3'],
  ['123456789012345678.123', '123456789012345678123m'],
  ['1E5', '100e3'],
  ['1e0', '1e0'],
  ['1.50', '1500m'],
  ['1e400', '10e399'],
] as const) {
  test(`a quantity of ${written} is ${canonical}`, () => {
    const object = decode(pod, `{"spec":{"overhead":{"cpu":${written},"memory":"${written}"}}}`)
    assert.deepEqual(object.spec.overhead, { cpu: canonical, memory: canonical })
  })
}

const digits = '1'.repeat(30)
for (const number of ['1.0', '1e2', '1e-5', '1e400', '-1E+400', '1.5', '9223372036854775808', digits]) {
  test(`${number} is no whole number`, () => {
    const refusal = (field: string) =>
      new DecodeError(`json: cannot unmarshal number ${number} into Go struct field ${field}`)
    assert.throws(
      () => decode(pod, `{"spec":{"activeDeadlineSeconds":${number}}}`),
      refusal('PodSpec.spec.activeDeadlineSeconds of type int64'),
    )
    assert.throws(
      () => decode(budget, `{"spec":{"minAvailable":${number}}}`),
      refusal('PodDisruptionBudgetSpec.spec.minAvailable of type int32'),
    )
  })
}

test('a number is a number, however it is written, where none is wanted', () => {
  for (const [object, field] of [
    ['{"kind":1.0}', 'Pod.kind of type string'],
    ['{"metadata":1e400}', 'Pod.metadata of type v1.ObjectMeta'],
    ['{"spec":{"containers":1e2}}', 'PodSpec.spec.containers of type []v1.Container'],
    ['{"metadata":{"creationTimestamp":1.0}}', 'ObjectMeta.metadata.creationTimestamp of type string'],
  ] as const) {
    const refusal = `json: cannot unmarshal number into Go struct field ${field}`
    assert.throws(() => decode(pod, object), new DecodeError(refusal))
  }
})

test('what has no type, and what nobody knows, has numbers of JavaScript', () => {
  assert.deepEqual(decode(revision, '{"revision":-0,"data":{"a":[1.0]}}').data, { a: [1] })
  const { strictErrors } = decodeDocument(pod, parseWrittenJson('{"spec":{"zzz":1e400}}'))
  assert.deepEqual(strictErrors, ['unknown field "spec.zzz"'])
  assert.throws(() => decode(revision, '{"data":{"a":1e400}}'), DecodeError)
})
