import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import { pullCredentials } from './credentials.ts'

const auths = {
  'registry.example.com': { username: 'host', password: 'p' },
  'registry.example.com/team': { auth: Buffer.from('team:a:b').toString('base64') },
  '*.wild.example.com': { username: 'wild', password: 'p' },
  'https://index.docker.io/v1/': { username: 'hub', password: 'p' },
}
const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') }
const pod: Pod = {
  metadata: { namespace: 'n' },
  spec: { containers: [], imagePullSecrets: [{ name: 's' }, { name: 'none' }] },
}
const references = {
  configMap: async () => undefined,
  secret: async (_: string, name: string) => (name === 's' ? { metadata: {}, data } : undefined),
}

const rows: [image: string, users: string[]][] = [
  ['registry.example.com/team/app:1', ['team', 'host']],
  ['registry.example.com/other/app:1', ['host']],
  ['registry.example.com/teams/app:1', ['host']],
  ['a.wild.example.com/app:1', ['wild']],
  ['a.b.wild.example.com/app:1', []],
  ['busybox:1', ['hub']],
]

for (const [image, users] of rows) {
  test(`pullCredentials offers ${users.join(' then ') || 'nothing'} for ${image}`, async () => {
    const found = await pullCredentials(pod, image, references)
    assert.deepEqual(
      found.map(({ username }) => username),
      users,
    )
  })
}

test('pullCredentials splits an auth entry at the first colon', async () => {
  const [first] = await pullCredentials(pod, 'registry.example.com/team/app:1', references)
  assert.deepEqual(first, { username: 'team', password: 'a:b' })
})
