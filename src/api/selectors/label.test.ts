import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  formatLabelSelector,
  labelSelectorRequirements,
  matchesLabelMap,
  matchesLabelSelector,
  matchesLabels,
  parseLabelSelector,
  SelectorError,
} from './label.ts'

const labels = { app: 'web', tier: 'a', n: '3', in: 'x', constructorLike: '' }

const matching: [string, boolean][] = [
  ['', true],
  ['app=web', true],
  ['app==web', true],
  ['app!=web', false],
  ['missing!=web', true],
  ['app', true],
  ['!app', false],
  ['!missing', true],
  ['tier in (a,b)', true],
  ['tier in (b)', false],
  ['tier notin (b),app', true],
  ['missing notin (b)', true],
  ['n>2', true],
  ['n>3', false],
  ['n<4', true],
  ['app>2', false],
  ['in=x', true],
  ['in in (in,x)', true],
  ['constructorLike=', true],
  ['constructor', false],
  ['toString=a', false],
  ['app = web , tier=a', true],
  ['missing in (,a)', false],
]

for (const [text, expected] of matching) {
  test(`matchesLabels says ${expected} when the selector is ${JSON.stringify(text)}`, () => {
    assert.equal(matchesLabels(parseLabelSelector(text), labels), expected)
  })
}

const broken: [string, string][] = [
  ['==', "found '==', expected: !, identifier, or 'end of string'"],
  ['a in b', "unable to parse requirement: found 'b' expected: '('"],
  ['a=b,', "found '', expected: identifier after ','"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['a ~ b', "unable to parse requirement: found '~', expected: in, notin, =, ==, !=, gt, lt"],
  ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
  [
    'a>b',
    "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
  ['!', "unable to parse requirement: found '', expected: identifier"],
]

for (const [text, message] of broken) {
  test(`parseLabelSelector refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseLabelSelector(text), new SelectorError(message))
  })
}

test('parseLabelSelector names the broken key and value', () => {
  assert.throws(
    () => parseLabelSelector('-a=b'),
    /^SelectorError: unable to parse requirement: <nil>: Invalid value: "-a": name/,
  )
  assert.throws(() => parseLabelSelector('a=b/c'), /values\[0\]\[a\]: Invalid value: "b\/c": a valid label must be/)
})

test('formatLabelSelector writes the canonical text', () => {
  assert.equal(formatLabelSelector(parseLabelSelector('z in (b,a),!y,x,c>1')), 'c>1,x,!y,z in (a,b)')
})

test('matchesLabelSelector selects nothing when absent and everything when empty', () => {
  assert.equal(matchesLabelSelector(undefined, labels), false)
  assert.equal(matchesLabelSelector({}, undefined), true)
  const expression = { key: 'tier', operator: 'In', values: ['a'] }
  assert.equal(matchesLabelSelector({ matchLabels: { app: 'web' }, matchExpressions: [expression] }, labels), true)
  assert.equal(matchesLabelSelector({ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, labels), false)
  assert.equal(matchesLabelSelector({ matchExpressions: [{ key: 'tier', operator: 'constructor' }] }, labels), false)
})

test('labelSelectorRequirements refuses an unknown operator', () => {
  const selector = { matchExpressions: [{ key: 'a', operator: 'Like' }] }
  assert.throws(
    () => labelSelectorRequirements(selector),
    new SelectorError('"Like" is not a valid label selector operator'),
  )
  assert.equal(labelSelectorRequirements(undefined), 'nothing')
})

test('matchesLabelMap selects nothing when empty', () => {
  assert.equal(matchesLabelMap({}, labels), false)
  assert.equal(matchesLabelMap({ app: 'web' }, labels), true)
})
