/** The order of the rooms: imports go downwards only, and only the platform opens a door to the outside. */
import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import { type SourceFile, sourceFiles } from '../tools/source-tree.ts'

const components = 'platform api store client apiserver controllers scheduler cloud kubelet network'.split(' ')

/** What each room may import at run time, besides itself. Types of `platform/` and `limits.ts` may come from anywhere. */
const mayImport: Record<string, readonly string[]> = {
  platform: [],
  api: [],
  store: ['api', 'platform'],
  client: ['api', 'platform'],
  apiserver: ['api', 'store', 'client', 'platform'],
  controllers: ['client', 'api'],
  scheduler: ['client', 'api'],
  cloud: ['client', 'api'],
  kubelet: ['client', 'api', 'platform'],
  network: ['client', 'api', 'platform'],
  cluster: components,
  testing: [...components, 'cluster'],
  cli: ['cluster', 'testing'],
}

/** Pure helpers of the platform (formatting of times, name suffixes, the silent logger) that any room may call. */
const pureOfPlatform = new Set(['src/platform/clock.ts', 'src/platform/random.ts', 'src/platform/log.ts'])

test('imports between rooms go downwards only', () => {
  const offenders: string[] = []
  for (const file of productFiles()) {
    const room = roomOf(file.path)
    for (const found of importsOf(file)) {
      const target = posix.normalize(posix.join(posix.dirname(file.path), found.specifier))
      if (!target.startsWith('src/') || target === 'src/limits.ts') continue
      const targetRoom = roomOf(target)
      if (targetRoom === room || (mayImport[room] ?? []).includes(targetRoom)) continue
      if (targetRoom === 'platform' && (found.typeOnly || pureOfPlatform.has(target))) continue
      offenders.push(`${file.path} imports ${target}`)
    }
  }
  assert.deepEqual(offenders, [])
})

const doors: readonly { what: string; pattern: RegExp }[] = [
  { what: 'wall time', pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/ },
  { what: 'timers', pattern: /\b(setTimeout|setInterval|setImmediate)\(|\bAbortSignal\.timeout\b|node:timers/ },
  { what: 'randomness', pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\brandomInt\b|\bgetRandomValues\b/ },
  { what: 'sockets', pattern: /from 'node:(net|http|https|http2|tls|dgram|dns)'|(?<![.\w])fetch\(/ },
  { what: 'files', pattern: /from 'node:fs(\/promises)?'/ },
  { what: 'processes', pattern: /from 'node:(child_process|cluster|worker_threads)'/ },
]

/** What modules behind a door offer without I/O: whether a text is an IP address. */
const pureOfNode = /^import \{ (isIP|isIPv4|isIPv6)(, (isIPv4|isIPv6))* \} from 'node:net'$/

test('only the platform touches time, randomness, sockets, files and processes', () => {
  const offenders: string[] = []
  for (const file of productFiles()) {
    if (roomOf(file.path) === 'platform') continue
    for (const [index, line] of file.lines.entries()) {
      if (/^\s*(\*|\/\/|\/\*)/.test(line) || /^\s*import type /.test(line) || pureOfNode.test(line)) continue
      for (const { what, pattern } of doors) {
        if (pattern.test(line)) offenders.push(`${file.path}:${index + 1} opens a door to ${what}: ${line.trim()}`)
      }
    }
  }
  assert.deepEqual(offenders, [])
})

/** Sources of the product: tests, benches and what only they use may open doors of their own. */
function productFiles(): SourceFile[] {
  return sourceFiles(['src']).filter((file) => !/\.(test|bench|contract)\.ts$|\/testbed\//.test(file.path))
}

function roomOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function importsOf(file: SourceFile): { specifier: string; typeOnly: boolean }[] {
  const found: { specifier: string; typeOnly: boolean }[] = []
  const pattern =
    /^(import|export)\s+(type\s+)?[^'"]*?from\s+'(\.[^']*)'|^import\s+'(\.[^']*)'|\bimport\('(\.[^']*)'\)/gm
  for (const match of file.text.matchAll(pattern)) {
    found.push({ specifier: match[3] ?? match[4] ?? match[5] ?? '', typeOnly: match[2] !== undefined })
  }
  return found
}
