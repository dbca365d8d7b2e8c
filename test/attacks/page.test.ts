/** docs/security.md says which test stands for which attack: all of them exist, and no class of attack is without one. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/security.md'), 'utf8')
const section = (title: string) => page.split(/^## /m).find((text) => text.startsWith(title)) ?? ''

interface Row {
  readonly attack: string
  readonly file: string
  readonly name: string
  readonly isPlanted: boolean
}

const rows: Row[] = [...section('Attacks').matchAll(/^\| (.+?) \| `(.+?)` "(.+?)" \| (◐ )?\|$/gm)].map(
  ([, attack = '', file = '', name = '', mark]) => ({ attack, file, name, isPlanted: mark !== undefined }),
)

/** Words that name each class. */
const classes: readonly RegExp[] = [
  ...[/upgraded connection/, /redirect by a kubelet/, /redirect by a webhook/, /redirect by an API service/],
  ...[/names and namespaces/, /begin alike/, /cluster-scoped custom resource/, /JSON bombs/, /YAML bombs/],
  ...[/quadratic YAML/, /patch amplification/, /HTTP\/2 rapid reset/, /request smuggling/],
  ...[/secrets and tokens in logs, audit, metrics, errors/, /admission bypass/, /a node reaches/, /escalation by bind/],
  ...[/look-alike/, /timing of token/, /regular expression denial/, /prototype pollution/, /external IPs/],
  ...[/endpoints across namespaces/, /DNS rebinding/, /planted for the fuzzer/],
]

test('docs/security.md has a test with a planted hole for every class of attack', () => {
  for (const each of classes)
    assert.ok(
      rows.some(({ attack, isPlanted }) => each.test(attack) && isPlanted),
      String(each),
    )
})

test('docs/security.md names tests that exist, and says truly which open their hole', () => {
  assert.equal(rows.length, section('Attacks').match(/^\| .*`.*test\.ts`/gm)?.length)
  for (const { file, name, isPlanted } of rows) {
    const source = readFileSync(join(root, file), 'utf8')
    const declared = [...source.matchAll(/test\(\s*(['"`])(.+?)\1,/g)].map(([, , text = '']) => text)
    assert.ok(
      declared.some((text) => text.includes(name)),
      `${file}: ${name}`,
    )
    // Switches and planted bugs are holes of their own.
    const opens = /holds\(|unless told otherwise|externalCidrs|planted/.test(source)
    assert.ok(!isPlanted || opens, `${file} opens no hole`)
  }
})

test('docs/security.md names every hole of upstream with its switch, and every part of the benchmark', () => {
  const holes = section('Holes of Kubernetes')
  for (const hole of ['CVE-2020-8554', 'CVE-2020-8561', 'CVE-2020-8562', 'CVE-2021-25740'])
    assert.ok(holes.includes(hole), hole)
  const machine = readFileSync(join(root, 'src/cluster/machine.ts'), 'utf8')
  for (const name of ['K8TS_EXTERNAL_CIDRS', 'K8TS_FOREIGN_ENDPOINTS'])
    assert.ok(holes.includes(name) && machine.includes(name), name)
  const controls = [...section('CIS').matchAll(/^\| (\d[\d.–, ]*\d) .+ \| (default|flag|n\/a|open) \|/gm)]
  assert.ok(controls.length > 45, String(controls.length))
  const last: Record<string, number> = {
    '1.1': 21,
    '1.2': 30,
    '1.3': 7,
    '1.4': 2,
    '2': 7,
    '4.1': 10,
    '4.2': 14,
    '4.3': 1,
  }
  const named = new Set(controls.flatMap(([, text = '']) => numbersOf(text)))
  for (const [part, count] of Object.entries(last))
    for (let number = 1; number <= count; number++) assert.ok(named.has(`${part}.${number}`), `${part}.${number}`)
})

/** `1.2.3–1.2.5, 1.2.9` in full. */
function numbersOf(text: string): string[] {
  return text.split(', ').flatMap((range) => {
    const [first = '', end = first] = range.trim().split('–')
    const part = first.slice(0, first.lastIndexOf('.'))
    const [from, to] = [first, end].map((control) => Number(control.slice(control.lastIndexOf('.') + 1)))
    return Array.from({ length: to! - from! + 1 }, (_, index) => `${part}.${from! + index}`)
  })
}
