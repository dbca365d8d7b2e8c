/** Storage on a real node: a claim without a class gets a directory, whose content outlives the pods that use it. */
import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PersistentVolume, PersistentVolumeClaim } from '../../src/api/types/core/v1.ts'
import { helloImage, startCluster, until, whyNot } from './harness.ts'

const claim = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 10Mi } }
`
const pod = (name: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 0
  securityContext: { runAsUser: 1000 }
  containers:
    - name: c
      image: ${helloImage}
      volumeMounts: [{ name: data, mountPath: /data }]
  volumes:
    - name: data
      persistentVolumeClaim: { claimName: data }
`

test('a claim’s directory is made with its first pod, kept for the next and removed with the claim', {
  skip: await whyNot(),
  timeout: 300_000,
}, async () => {
  const cluster = await startCluster()
  try {
    await cluster.apply(claim)
    await cluster.apply(pod('first'))
    await cluster.kubectl('wait --for=condition=Ready pod/first --timeout=60s')
    await cluster.kubectl(['exec', 'first', '--', 'sh', '-c', 'echo kept > /data/file'])
    await cluster.kubectl('delete pod first')
    await cluster.apply(pod('second'))
    await cluster.kubectl('wait --for=condition=Ready pod/second --timeout=60s')
    assert.equal(await cluster.kubectl(['exec', 'second', '--', 'cat', '/data/file']), 'kept\n')
    const { spec } = await cluster.get<PersistentVolumeClaim>('pvc data')
    const volume = await cluster.get<PersistentVolume>(`pv ${spec?.volumeName}`)
    const path = volume.spec?.local?.path ?? ''
    assert.equal(path, join(cluster.home, 'local-volumes', spec?.volumeName ?? ''))
    await stat(join(path, 'file'))
    await cluster.kubectl('delete pod second')
    await cluster.kubectl('delete pvc data')
    await until('the volume is gone', async () => (await cluster.kubectl('get pv -o name')) === '')
    await assert.rejects(stat(path), { code: 'ENOENT' })
  } finally {
    await cluster.stop()
  }
})
