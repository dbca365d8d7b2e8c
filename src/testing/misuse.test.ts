/** What a test says and nobody would look at is refused, so that no test passes for a misspelt word. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startCluster, type TestCluster } from './index.ts'
import { checkRule } from './nodes/rules.ts'

let running: TestCluster | undefined
const cluster = async () => {
  running ??= await startCluster({ https: false })
  return running
}
after(() => running?.stop())

const options: [given: object, message: RegExp][] = [
  [{ nods: 3 }, /there is no option "nods"/],
  [{ time: 'fake' }, /time is "held" or "real", not "fake"/],
  [{ admission: { disabled: ['Nope'] } }, /there is no admission step "Nope"; there are: NamespaceLifecycle/],
  [{ nodes: 1.5 }, /whole number/],
]
for (const [given, message] of options) {
  test(`startCluster refuses ${JSON.stringify(given)}`, async () => {
    await assert.rejects(startCluster({ https: false, ...given } as never), message)
  })
}

const faults: [given: object, message: RegExp][] = [
  [{}, /it does nothing; it needs one of refuse, loseAnswer/],
  [{ foo: 1 }, /there is no field "foo"/],
  [{ match: { resouce: 'pods' }, refuse: 500 }, /there is no field "resouce" in match/],
  [{ match: { verb: 'crate' }, refuse: 409 }, /there is no verb "crate"; there are get, list/],
  [{ refuse: 418 }, /refused with 409, 410, 429, 500, 503, 504 or "no answer"/],
  [{ disk: 'broken' }, /a disk is "full" or/],
]
for (const [given, message] of faults) {
  test(`faults.add refuses ${JSON.stringify(given)}`, async () => {
    const { faults } = await cluster()
    assert.throws(() => faults.add(given as never), message)
  })
}

const rules: [given: object, message: RegExp][] = [
  [{ match: { imagee: 'x' } }, /rule.match: there is no field "imagee"/],
  [{ usage: { cpuu: '1' } }, /rule.usage: there is no field "cpuu"/],
  [{ http: [{ pth: 'x' }] }, /rule.http\[0\]: there is no field "pth"/],
  [{ exec: [{ comand: 'x' }] }, /rule.exec\[0\]: there is no field "comand"/],
]
for (const [given, message] of rules) {
  test(`a rule ${JSON.stringify(given)} is refused`, () => {
    assert.throws(() => checkRule(given as never), message)
  })
}

test('what is no manifest and no span of time is refused, and nothing happens', async () => {
  const { clock } = await cluster()
  for (const nothing of [undefined, null, 3]) {
    await assert.rejects(async () => await (await cluster()).apply(nothing as never), /is no manifest/)
  }
  for (const nothing of [undefined, null]) {
    await assert.rejects(async () => await clock.advance(nothing as never), /read a duration: use numbers with ms/)
  }
})
