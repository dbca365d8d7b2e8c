import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod, SeccompProfile } from '../../api/types/core/v1.ts'
import { startTestNode } from '../test-node.test.ts'
import { containerSecurity } from './security.ts'

const facts = { user: { uid: 0, username: '' }, profileRoot: '/profiles', seccompDefault: true }
const rows: [what: string, seccompDefault: boolean, Container['securityContext'], expected: string][] = [
  ['nothing is said', true, {}, 'RuntimeDefault'],
  ['nothing is said and it is off', false, {}, 'Unconfined'],
  ['the container wants none', true, { seccompProfile: { type: 'Unconfined' } as SeccompProfile }, 'Unconfined'],
  ['the container is privileged', true, { privileged: true }, 'Unconfined'],
]

for (const [what, seccompDefault, securityContext = {}, expected] of rows) {
  test(`containerSecurity confines system calls as ${expected} when ${what}`, () => {
    const container: Container = { name: 'c', securityContext }
    const pod: Pod = { metadata: { name: 'p' }, spec: { containers: [container] } }
    const { seccomp } = containerSecurity(pod, container, { ...facts, seccompDefault })
    assert.equal(seccomp?.profileType, expected)
  })
}

test('startKubelet limits the processes of a pod where it is told to', async () => {
  const node = await startTestNode({ config: { podPidsLimit: 100 } })
  try {
    await node.disk.makeDirectory('/sys/fs/cgroup/pids')
    const { metadata } = await node.create('p', { containers: [{ name: 'c', image: 'i', command: ['sleep', '1000'] }] })
    await node.pass(1000)
    const path = `/sys/fs/cgroup/pids/kubepods/besteffort/pod${metadata.uid}/pids.max`
    assert.equal(await node.disk.readText(path), '100')
  } finally {
    await node.stop()
  }
})
