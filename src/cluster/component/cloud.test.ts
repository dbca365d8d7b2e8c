import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { coordinationV1, coreV1 } from '../../api/resources.ts'
import { silent } from '../../platform/log.ts'
import { startCluster } from '../../testing/cluster.ts'
import { parseFlags } from '../apiserver/flags.ts'
import { thisMachine } from '../machine.ts'
import { componentFlags } from './flag-tables.ts'
import { startComponent } from './start.ts'

const name = 'cloud-controller-manager'
const flagsOf = (...words: string[]) => parseFlags(words, componentFlags(name))

test('a cloud controller manager leads, serves Services over HTTPS and answers on its port', async () => {
  const cluster = await startCluster({ time: 'real' })
  const home = await mkdtemp(join(tmpdir(), 'k8ts-cloud-'))
  const machine = { ...thisMachine(), log: silent }
  try {
    const kubeconfig = join(home, 'kubeconfig')
    await writeFile(kubeconfig, cluster.kubeconfig, { mode: 0o600 })
    const words = [
      '--cloud-provider=local',
      '--load-balancer-pool=192.0.2.7',
      '--cluster-name',
      'here',
      '--secure-port=0',
    ]
    const running = await startComponent(machine, name, flagsOf(`--kubeconfig=${kubeconfig}`, ...words), 'host')
    try {
      const services = cluster.api.of(coreV1.services, 'default')
      await services.create({ metadata: { name: 'a' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } })
      const deadlineMs = performance.now() + 10_000
      for (;;) {
        const { status } = await services.get('a')
        const [ingress] = status?.loadBalancer?.ingress ?? []
        if (ingress) {
          assert.deepEqual(ingress, { ip: '192.0.2.7', ipMode: 'VIP' })
          break
        }
        assert.ok(performance.now() < deadlineMs, 'no address in 10 s')
        await machine.clock.sleep(20)
      }
      assert.equal(running.leads, true)
      const lease = await cluster.api.of(coordinationV1.leases, 'kube-system').get(name)
      assert.match(lease.spec?.holderIdentity ?? '', /^host_/)
    } finally {
      await running.stop()
    }
  } finally {
    await rm(home, { recursive: true })
    await cluster.stop()
  }
})

test('a cloud controller manager says what is wrong with its flags', async () => {
  const cluster = await startCluster()
  const home = await mkdtemp(join(tmpdir(), 'k8ts-cloud-'))
  const machine = { ...thisMachine(), log: silent }
  try {
    const kubeconfig = join(home, 'kubeconfig')
    await writeFile(kubeconfig, cluster.kubeconfig)
    await writeFile(join(home, 'cloud.yaml'), 'url: http://127.0.0.1:1\nport: 7\n')
    const start = (...words: string[]) =>
      startComponent(machine, name, flagsOf(`--kubeconfig=${kubeconfig}`, ...words), 'host')
    await assert.rejects(start(), /--cloud-provider must be local or external, got none/)
    await assert.rejects(start('--cloud-provider=external'), /needs --cloud-config/)
    await assert.rejects(
      start('--cloud-provider=external', `--cloud-config=${join(home, 'cloud.yaml')}`),
      /"port" is unknown or no text/,
    )
    await assert.rejects(start('--cloud-provider=local', '--load-balancer-pool=x'), /load balancer pool: /)
    await assert.rejects(start('--cloud-provider=local', '--concurrent-node-syncs=0'), /must be at least 1/)
  } finally {
    await rm(home, { recursive: true })
    await cluster.stop()
  }
})
