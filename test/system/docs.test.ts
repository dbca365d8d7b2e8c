/** The commands that the how-to documents show for a cluster, run on one, in the order a reader would. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { programOf } from '../../tools/doc-blocks.ts'
import { packageRoot, prepareCluster, whyNot } from './harness.ts'

/** `script/up` stands in the first, `script/down` in the last. */
const order = ['run-a-cluster', 'use-kubectl', 'deploy-your-own-image', 'debug-a-pod', 'take-down']
const folder = join(packageRoot, 'docs', 'how-to')

test('every how-to with commands for a cluster is run', () => {
  const names = readdirSync(folder).map((name) => name.replace('.md', ''))
  assert.deepEqual(
    names.filter((name) => programOf(join(folder, `${name}.md`), 'sh cluster') !== '' && !order.includes(name)),
    [],
  )
})

test('the commands of the how-to documents work', { skip: await whyNot(), timeout: 300_000 }, async (t) => {
  const cluster = await prepareCluster()
  try {
    for (const name of order) {
      await t.test(name, async () => {
        const program = programOf(join(folder, `${name}.md`), 'sh cluster').replaceAll('/var/lib/k8ts', cluster.home)
        const setting = `cd ${packageRoot}; PATH=${cluster.home}/tools/kubectl:$PATH; set -x`
        const ran = await cluster.run(['sh', '-euc', `${setting}\n${program}`], { timeoutMs: 120_000 })
        assert.equal(ran.exitCode, 0, `${ran.stdout}${ran.stderr}`)
      })
    }
  } finally {
    await cluster.stop()
  }
})
