/** A Helm chart, installed, upgraded and broken by the real Helm: `$HELM`, else `helm` of the path. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { check, useCluster } from 'k8ts/testing'

const chart = fileURLToPath(new URL('chart', import.meta.url))
const file = useCluster({ before, after }, { nodes: 2 })

async function helm(...words: string[]): Promise<{ code: number; output: string }> {
  const kubeconfig = await file.current.kubeconfigFile()
  const env = { ...process.env, KUBECONFIG: kubeconfig, HELM_CACHE_HOME: `${kubeconfig}.helm`, NO_PROXY: '*' }
  return new Promise((resolve) => {
    execFile(process.env.HELM ?? 'helm', words, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, output: `${stdout}${stderr}` }),
    )
  })
}

const waiting = ['--wait', '--timeout', '20s']

test('the chart installs, with its hook, and is ready', async () => {
  const { code, output } = await helm('install', 'shop', chart, ...waiting)
  assert.equal(code, 0, output)
  const { client } = file.current
  check.toHaveReadyReplicas(await client.apps.v1.deployments('default').get('shop'), 2)
  check.toHaveCondition(await client.batch.v1.jobs('default').get('shop-prepare'), 'Complete')
  assert.equal((await client.policy.v1.podDisruptionBudgets('default').get('shop')).status?.disruptionsAllowed, 1)
})

test('an upgrade changes what runs', async () => {
  const { code, output } = await helm('upgrade', 'shop', chart, '--set', 'replicas=3,image=shop:2', ...waiting)
  assert.equal(code, 0, output)
  const deployment = await file.current.client.apps.v1.deployments('default').get('shop')
  check.toHaveReadyReplicas(deployment, 3)
  assert.equal(deployment.spec?.template.spec?.containers[0]?.image, 'shop:2')
})

test('a hook that fails stops the upgrade, and nothing has changed', async () => {
  const remove = file.current.nodes.rule({ match: { image: 'shop-prepare:*' }, exitCode: 1 })
  const { code, output } = await helm('upgrade', 'shop', chart, '--set', 'image=shop:3', ...waiting)
  remove()
  assert.equal(code, 1, output)
  assert.match(output, /pre-upgrade hooks failed/)
  const deployment = await file.current.client.apps.v1.deployments('default').get('shop')
  assert.equal(deployment.spec?.template.spec?.containers[0]?.image, 'shop:2')
})

test('uninstalling leaves nothing', async () => {
  const { code, output } = await helm('uninstall', 'shop', ...waiting)
  assert.equal(code, 0, output)
  await file.current.settled()
  assert.deepEqual((await file.current.client.core.v1.pods('default').list({ labelSelector: 'app=shop' })).items, [])
})
