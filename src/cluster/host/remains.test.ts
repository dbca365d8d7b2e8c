import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterConfig } from '../config.ts'
import { linkNames, sortProcesses } from './remains.ts'

const config: ClusterConfig = {
  home: '/srv/k8ts',
  nodeName: 'one',
  nodeAddress: '192.0.2.2',
  apiServerPort: 6443,
  kubeletPort: 10250,
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  clusterDomain: 'cluster.local',
  dnsServiceIp: '10.96.0.10',
}

const processOf = (pid: number, parentPid: number, ...argv: string[]) => ({ pid, parentPid, argv })
const shim = (pid: number, home: string) =>
  processOf(pid, 1, '/usr/bin/containerd-shim-runc-v2', '-id', 'x', '-address', `${home}/run/containerd.sock`)

const all = [
  processOf(42, 41, 'child-listed-before-its-parent'),
  processOf(10, 1, 'containerd', '--config', '/srv/k8ts/containerd/config.toml'),
  processOf(11, 1, '/usr/bin/containerd'),
  processOf(12, 1, 'vi', '/srv/k8ts/containerd/config.toml'),
  shim(20, '/srv/k8ts'),
  shim(21, '/srv/other'),
  processOf(40, 20, '/pause'),
  processOf(41, 20, 'sh'),
  processOf(43, 21, 'foreign'),
  processOf(50, 1, 'left by a killed shim'),
]

test('sortProcesses tells ours from those of other containerds and from who only names our files', () => {
  const pids = (list: { pid: number }[]): number[] => list.map(({ pid }) => pid).sort((one, other) => one - other)
  const { containerd, shims, contained } = sortProcesses(all, { config, inGroup: new Set([50]) })
  assert.deepEqual([pids(containerd), pids(shims), pids(contained)], [[10], [20], [40, 41, 42, 50]])
})

test('linkNames leaves out the peer behind the @', () => {
  assert.deepEqual(linkNames('3: k8ts0: <UP> mtu 1500\n12: veth1a@if2: <UP> mtu 1500 master k8ts0\n'), [
    'k8ts0',
    'veth1a',
  ])
})
