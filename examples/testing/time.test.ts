/** Months in a second: a CronJob over a year, a client certificate that expires. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from 'k8ts/testing'

const monthly = `
apiVersion: batch/v1
kind: CronJob
metadata: { name: report }
spec:
  schedule: "0 6 1 * *"
  timeZone: Etc/UTC
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{ name: report, image: report:1 }]
`

test('a CronJob runs twelve times a year, and keeps three of its Jobs', async () => {
  await using cluster = await startCluster({ startTime: '2030-01-01T00:00:00Z', https: false })
  await cluster.apply(monthly)
  await cluster.clock.advance('360d')
  const runs = cluster.timeline.entries.filter(({ text }) => text.startsWith('create jobs'))
  assert.equal(runs.length, 12)
  assert.equal((await cluster.client.batch.v1.jobs('default').list()).items.length, 3)
})

test('a certificate is refused when it has expired', async () => {
  await using cluster = await startCluster()
  const kubeconfig = cluster.kubeconfigFor({ user: 'ann', groups: ['system:masters'], validFor: '90d' })
  assert.equal(await statusOf(kubeconfig), 200)
  await cluster.clock.advance('91d')
  assert.equal(await statusOf(kubeconfig), 401)
})

/** Any client would do: this one is Node's own. */
async function statusOf(kubeconfig: string): Promise<number | undefined> {
  const { request } = await import('node:https')
  const field = (name: string): string => new RegExp(`${name}: "?([^"\\n]+)`).exec(kubeconfig)?.[1] ?? ''
  const pem = (name: string): string => Buffer.from(field(name), 'base64').toString()
  return new Promise((resolve, reject) => {
    const options = {
      ca: pem('certificate-authority-data'),
      cert: pem('client-certificate-data'),
      key: pem('client-key-data'),
      agent: false as const,
    }
    const call = request(`${field('server')}/api/v1/namespaces`, options, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.once('error', reject)
    call.end()
  })
}
