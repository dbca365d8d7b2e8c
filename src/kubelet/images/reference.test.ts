import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseReference, withDefaultTag } from './reference.ts'

const digest = `sha256:${'a'.repeat(64)}`
const tags: [image: string, expected: string | undefined][] = [
  ['busybox', 'busybox:latest'],
  ['busybox:1.37', 'busybox:1.37'],
  [`busybox@${digest}`, `busybox@${digest}`],
  ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
  ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
  ['BusyBox', undefined],
  ['a b', undefined],
  ['', undefined],
  ['busybox:', undefined],
]

for (const [image, expected] of tags) {
  test(`withDefaultTag makes ${JSON.stringify(image)} ${expected ?? 'no reference'}`, () => {
    assert.equal(withDefaultTag(image), expected)
  })
}

const references: [image: string, registry: string, repository: string][] = [
  ['busybox', 'docker.io', 'library/busybox'],
  ['user/app:1', 'docker.io', 'user/app'],
  ['quay.io/user/app', 'quay.io', 'user/app'],
  ['localhost/app', 'localhost', 'app'],
  ['host:5000/app', 'host:5000', 'app'],
]

for (const [image, registry, repository] of references) {
  test(`parseReference finds ${registry} in ${image}`, () => {
    const reference = parseReference(image)
    assert.deepEqual([reference?.registry, reference?.repository], [registry, repository])
  })
}
