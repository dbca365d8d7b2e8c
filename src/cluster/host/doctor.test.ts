import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterConfig } from '../config.ts'
import { diagnose } from './doctor.ts'
import type { HostFacts } from './facts.ts'

const config: ClusterConfig = {
  home: '/var/lib/k8ts',
  nodeName: 'one',
  nodeAddress: '192.0.2.2',
  apiServerPort: 6443,
  kubeletPort: 10250,
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  clusterDomain: 'cluster.local',
  dnsServiceIp: '10.96.0.10',
}

const gibibyte = 1024 ** 3

const fit: HostFacts = {
  userId: 0,
  missingCapabilities: [],
  missingPrograms: [],
  missingPlugins: [],
  kernel: { overlay: true, bridge: true, veth: true, rules: 'ok', bridgeFilter: true },
  cgroups: {
    version: 2,
    controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids', 'devices', 'freezer'],
    isWritable: true,
  },
  ports: [{ port: 6443, use: 'the API server', isTaken: false, holder: undefined }],
  inotifyInstances: 128,
  inotifyWatches: 65_536,
  memoryAvailableBytes: 4 * gibibyte,
  homeAvailableBytes: 50 * gibibyte,
  homeMount: { point: '/', fsType: 'ext4', options: ['rw', 'relatime'], superOptions: [] },
  hasServiceRoute: true,
  addresses: [
    { name: 'lo', address: '::1' },
    { name: 'eth0', address: '192.0.2.2' },
    { name: 'k8ts0', address: '10.244.0.1' },
  ],
}

test('diagnose finds nothing on a machine that lacks nothing', () => {
  assert.deepEqual(diagnose(fit, config), [])
  const hybrid = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'pids']
  assert.deepEqual(diagnose({ ...fit, cgroups: { version: 1, controllers: hybrid, isWritable: true } }, config), [])
})

test('diagnose says only that root is missing when it is: the rest was not measured as root', () => {
  const findings = diagnose({ ...fit, userId: 1000, missingPrograms: ['runc'] }, config)
  assert.deepEqual(
    findings.map(({ severity, remedy }) => ({ severity, remedy })),
    [{ severity: 'blocking', remedy: 'run the same command with sudo' }],
  )
})

const cases: { facts?: Partial<HostFacts>; config?: Partial<ClusterConfig>; severity: string; says: RegExp }[] = [
  { facts: { missingCapabilities: ['CAP_SYS_ADMIN'] }, severity: 'blocking', says: /lacks CAP_SYS_ADMIN here/ },
  { facts: { missingCapabilities: ['CAP_SYS_RESOURCE'] }, severity: 'note', says: /lacks CAP_SYS_RESOURCE here/ },
  {
    facts: { missingPrograms: ['nft', 'ctr'] },
    severity: 'blocking',
    says: /not installed: nft, ctr .*install nftables containerd$/,
  },
  {
    facts: { missingPlugins: ['bridge'] },
    severity: 'blocking',
    says: /the CNI plugin bridge .*install containernetworking-plugins$/,
  },
  { facts: { kernel: { ...fit.kernel, overlay: false } }, severity: 'blocking', says: /kernel lacks overlayfs/ },
  { facts: { kernel: { ...fit.kernel, veth: false } }, severity: 'blocking', says: /CONFIG_VETH/ },
  {
    facts: { kernel: { ...fit.kernel, rules: { error: 'No such file' } } },
    severity: 'blocking',
    says: /refuses the packet rules of Services: No such file/,
  },
  { facts: { kernel: { ...fit.kernel, bridgeFilter: false } }, severity: 'warning', says: /br_netfilter/ },
  {
    facts: { cgroups: { version: undefined, controllers: [], isWritable: false } },
    severity: 'blocking',
    says: /no cgroups/,
  },
  { facts: { cgroups: { ...fit.cgroups, isWritable: false } }, severity: 'blocking', says: /mounted read-only/ },
  {
    facts: { cgroups: { ...fit.cgroups, controllers: ['cpu', 'cpuset', 'pids', 'devices', 'freezer'] } },
    severity: 'blocking',
    says: /\(version 2\) lack the controllers memory .*cgroup_enable=memory/,
  },
  {
    facts: {
      ports: [
        { port: 6443, use: 'the API server', isTaken: true, holder: { pid: 7, parentPid: 1, argv: ['/bin/k3s', 's'] } },
      ],
    },
    severity: 'blocking',
    says: /port 6443, which the API server needs, is in use by process 7 \(\/bin\/k3s s\)/,
  },
  {
    facts: { ports: [{ port: 10250, use: 'the node agent', isTaken: true, holder: undefined }] },
    severity: 'blocking',
    says: /port 10250.*cannot be seen.*ss -ltnp/,
  },
  { config: { nodeAddress: '127.0.0.1' }, severity: 'blocking', says: /only loopback/ },
  { config: { nodeName: 'my_host' }, severity: 'blocking', says: /"my_host" can't name a node/ },
  {
    facts: { addresses: [{ name: 'eth0', address: '10.96.3.4' }] },
    severity: 'blocking',
    says: /10\.96\.3\.4 on eth0 lies in a range of the cluster/,
  },
  { facts: { hasServiceRoute: false }, severity: 'blocking', says: /no route .*ip route add 10\.96\.0\.0\/16/ },
  { facts: { homeMount: { ...fit.homeMount!, fsType: 'overlay' } }, severity: 'blocking', says: /lies on overlay/ },
  {
    facts: { homeMount: { ...fit.homeMount!, options: ['rw', 'noexec'] } },
    severity: 'blocking',
    says: /lies on \/, which is mounted noexec/,
  },
  { config: { home: `/${'h'.repeat(90)}` }, severity: 'blocking', says: /longer than 81 bytes/ },
  { facts: { memoryAvailableBytes: gibibyte / 2 }, severity: 'warning', says: /only 512 MiB of memory/ },
  { facts: { memoryAvailableBytes: gibibyte / 8 }, severity: 'blocking', says: /only 128 MiB of memory/ },
  { facts: { homeAvailableBytes: gibibyte }, severity: 'warning', says: /only 1024 MiB of disk/ },
  { facts: { inotifyInstances: 64 }, severity: 'warning', says: /max_user_instances is 64.*=1024$/ },
]

for (const { facts, config: changes, severity, says } of cases) {
  test(`diagnose says ${says.source}`, () => {
    const findings = diagnose({ ...fit, ...facts }, { ...config, ...changes })
    assert.deepEqual(
      findings.map((finding) => finding.severity),
      [severity],
    )
    assert.match(`${findings[0]?.problem} ${findings[0]?.remedy}`, says)
  })
}

test('diagnose puts what blocks first', () => {
  const facts: HostFacts = {
    ...fit,
    missingCapabilities: ['CAP_SYS_RESOURCE'],
    inotifyInstances: 1,
    hasServiceRoute: false,
  }
  assert.deepEqual(
    diagnose(facts, config).map(({ severity }) => severity),
    ['blocking', 'warning', 'note'],
  )
})
