import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exec } from '../../platform/exec.ts'
import { silent } from '../../platform/log.ts'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import { preparePodNetwork } from './prepare.ts'

const localSysctl = '/proc/sys/net/ipv4/conf/all/route_localnet'
const bridgeSysctl = '/proc/sys/net/bridge/bridge-nf-call-iptables'

async function machine(facts: {
  hasBridgeFilter?: boolean
  modprobeWorks?: boolean
  mtu?: string
  nftExitCode?: number
}) {
  const disk = simulatedDisk()
  const put = async (path: string, content: string): Promise<void> => {
    await disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
    await disk.write(path, content)
  }
  const loadModule = async (): Promise<void> => {
    await put(bridgeSysctl, '0\n')
    await put(bridgeSysctl.replace('iptables', 'ip6tables'), '0\n')
  }
  await put('/proc/sys/net/ipv4/ip_forward', '0\n')
  await put(localSysctl, '0\n')
  await put('/sys/class/net/eth0/mtu', facts.mtu ?? '1400\n')
  if (facts.hasBridgeFilter) await loadModule()
  const scripts: string[] = []
  const run: Exec['run'] = async (argv, options) => {
    if (argv[0] === 'nft') scripts.push(String(options?.input))
    if (argv[0] === 'modprobe' && facts.modprobeWorks) await loadModule()
    const stdout = argv[0] === 'ip' ? 'default via 192.0.2.1 dev eth0 proto dhcp \n' : ''
    const exitCode = argv[0] === 'nft' ? (facts.nftExitCode ?? 0) : 0
    return { exitCode, stdout, stderr: exitCode === 0 ? '' : 'Operation not permitted\n' }
  }
  const prepare = () =>
    preparePodNetwork({
      disk,
      exec: { run },
      log: silent,
      podCidr: '10.244.3.0/24',
      clusterCidr: '10.244.0.0/16',
      configDirectory: '/home/cni/net.d',
      dataDirectory: '/home/run/cni',
    })
  return { disk, scripts, prepare }
}

test('preparePodNetwork makes the node a router with a bridge as wide as its link', async () => {
  const { disk, scripts, prepare } = await machine({ hasBridgeFilter: true })
  assert.deepEqual(await prepare(), { bridgeFiltered: true, mtuBytes: 1400 })
  assert.equal(await disk.readText('/proc/sys/net/ipv4/ip_forward'), '1')
  assert.equal(await disk.readText(bridgeSysctl), '1')
  assert.match(scripts[0]!, /prerouting iifname != "lo" ip daddr 127\.0\.0\.0\/8 drop/)
  assert.equal(await disk.readText(localSysctl), '1')
  assert.match(scripts[0]!, /ip saddr 10\.244\.3\.0\/24 ip daddr != 10\.244\.0\.0\/16 .*masquerade/)
  const list = JSON.parse(await disk.readText('/home/cni/net.d/10-k8ts.conflist'))
  const [bridge] = list.plugins
  assert.deepEqual([bridge.bridge, bridge.mtu, bridge.hairpinMode, bridge.ipMasq], ['k8ts0', 1400, true, false])
  assert.deepEqual(bridge.ipam.ranges, [[{ subnet: '10.244.3.0/24' }]])
})

test('preparePodNetwork loads br_netfilter, and says so where there is none', async () => {
  assert.equal((await (await machine({ modprobeWorks: true })).prepare()).bridgeFiltered, true)
  assert.equal((await (await machine({})).prepare()).bridgeFiltered, false)
})

test('preparePodNetwork opens loopback addresses to nobody before the rule that guards them is there', async () => {
  const { disk, prepare } = await machine({ hasBridgeFilter: true, nftExitCode: 1 })
  await assert.rejects(prepare())
  assert.equal(await disk.readText(localSysctl), '0\n')
})

test('preparePodNetwork lets no pod start when packets could not be masqueraded', async () => {
  const { disk, prepare } = await machine({ hasBridgeFilter: true, nftExitCode: 1 })
  await assert.rejects(prepare(), /masquerade pods with nft: Operation not permitted/)
  assert.deepEqual(await disk.list('/home/cni/net.d'), [])
})

test('preparePodNetwork takes the usual packet size when the link does not say', async () => {
  assert.equal((await (await machine({ mtu: 'x' })).prepare()).mtuBytes, 1500)
})
