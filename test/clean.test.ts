/** Nothing that only one machine knows gets into the repository: where it fetches packages, where it keeps the checkout. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const skip = existsSync(join(root, '.git')) ? false : 'SKIPPED, NOT TESTED: this is no git checkout'

test('the lockfile names no place to fetch packages from', () => {
  const lock: { packages: Record<string, { resolved?: string; link?: boolean }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  )
  const named = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined)
  assert.deepEqual(
    named.map(([name]) => name),
    [],
  )
})

test('no file names a registry of npm or where this checkout lies', { skip }, () => {
  const places = ['registry.npmjs', '/npm-registry', '/artifactory/', root, ...homes()]
  const self = 'test/clean.test.ts'
  const found = git('grep', '-nIF', ...places.flatMap((place) => ['-e', place]), '--', '.', `:!${self}`)
  assert.equal(found, '')
})

test('commit messages are sentences about the product, without trailers or paths of a machine', { skip }, () => {
  const messages = git('log', '--format=%h%x09%s%x09%(trailers:only,separator=%x20)').trim().split('\n')
  const places = [root, ...homes()]
  const offenders = messages.filter((line) => {
    const [, subject = '', trailers = ''] = line.split('\t')
    return trailers !== '' || !/^[A-Z]/.test(subject) || places.some((place) => line.includes(place))
  })
  assert.deepEqual(offenders, [])
})

/** A person's home directory; the superuser's is the same everywhere and stands in file names of containers. */
function homes(): string[] {
  return ['/', '/root', ''].includes(homedir()) ? [] : [homedir()]
}

function git(...words: string[]): string {
  return spawnSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).stdout
}
