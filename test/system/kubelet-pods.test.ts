/** What a pod's specification asks for is what its containers find: users, namespaces, limits, volumes, how they end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerState, Pod } from '../../src/api/types/core/v1.ts'
import { helloImage, type SystemCluster, startCluster, until, whyNot } from './harness.ts'

test('the kubelet runs pods as specified', { skip: await whyNot(), timeout: 180_000, concurrency: true }, async (t) => {
  const cluster = await startCluster()
  try {
    const subtest = (name: string, work: (cluster: SystemCluster) => Promise<void>) => t.test(name, () => work(cluster))
    await Promise.all([
      subtest('security contexts, names and DNS settings', security),
      subtest('namespaces of the host and of the pod', namespaces),
      subtest('ends: exit codes, messages, memory limit, deadline', ends),
      subtest('rejections at the node', rejections),
      subtest('logs: tail, since, bytes, previous, following through rotation', logs),
      subtest('readiness takes a pod out of its Service and back', readiness),
      subtest('the server of the node lets in only whom the cluster allows', access),
    ])
  } finally {
    await cluster.stop()
  }
})

async function security(cluster: SystemCluster): Promise<void> {
  await apply(cluster, 'sec', {
    hostname: 'myhost',
    subdomain: 'mysub',
    hostAliases: [{ ip: '10.1.2.3', hostnames: ['foo.local'] }],
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['10.96.0.10'], searches: ['my.dom'], options: [{ name: 'ndots', value: '3' }] },
    securityContext: {
      ...{ runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000, supplementalGroups: [4000] },
      sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }],
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: [
      { name: 'e', emptyDir: {} },
      { name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
    ],
    containers: [
      sleeper('c', {
        env: [{ name: 'SUB', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        resources: { limits: { cpu: '250m', memory: '64Mi' } },
        securityContext: {
          ...{ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
          capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
        },
        volumeMounts: [
          { name: 'e', mountPath: '/e' },
          { name: 'm', mountPath: '/m' },
          { name: 'e', mountPath: '/sub', subPathExpr: '$(SUB)/x' },
        ],
      }),
      sleeper('priv', { securityContext: { privileged: true, runAsUser: 0 } }),
    ],
  })
  await ready(cluster, 'sec')
  const inside = async (script: string, container = 'c'): Promise<string> =>
    (await cluster.kubectl(['exec', 'sec', '-c', container, '--', 'sh', '-c', script])).trim()
  assert.equal(await inside('id'), 'uid=1000 gid=2000 groups=2000,3000,4000')
  assert.match(
    await inside('cat /etc/hosts'),
    /myhost\.mysub\.default\.svc\.cluster\.local\tmyhost\n[\s\S]*10\.1\.2\.3\tfoo\.local/,
  )
  assert.equal(
    await inside('hostname; cat /etc/resolv.conf'),
    'myhost\nsearch my.dom\nnameserver 10.96.0.10\noptions ndots:3',
  )
  const facts = await inside('grep -hE "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status | tr -s "\\t\\n" " "')
  assert.equal(facts, 'CapBnd: 0000000000000400 NoNewPrivs: 1 Seccomp: 2')
  assert.match(await inside('touch /x 2>&1; true'), /Read-only file system/)
  assert.equal(await inside('touch /sub/f; stat -c "%u %g" /e/sec/x/f'), '1000 3000')
  assert.match(await inside('df -k /m | tail -1'), /^tmpfs +8192 /)
  assert.equal(await inside('cat /proc/sys/kernel/shm_rmid_forced'), '1')
  const limits =
    'cd /sys/fs/cgroup; cat cpu/cpu.cfs_quota_us memory/memory.limit_in_bytes 2>/dev/null || cat cpu.max memory.max'
  assert.match(await inside(limits), /^25000( 100000)?\n67108864$/)
  assert.equal(await inside('grep NoNewPrivs /proc/self/status | tr "\\t" " "; id -u', 'priv'), 'NoNewPrivs: 0\n0')
}

async function namespaces(cluster: SystemCluster): Promise<void> {
  await apply(cluster, 'host', { hostNetwork: true, hostPID: true, containers: [sleeper('c')] })
  const two = [sleeper('a', { command: ['sleep', '1001'] }), sleeper('b', { command: ['sleep', '1002'] })]
  await apply(cluster, 'shared', { shareProcessNamespace: true, containers: two })
  await ready(cluster, 'host')
  await ready(cluster, 'shared')
  assert.match(await cluster.kubectl('exec host -- ip addr'), /192\.168\.77\.2\/24/)
  assert.match(await cluster.kubectl('exec host -- ps'), /containerd-shim/)
  const processes = await cluster.kubectl('exec shared -c a -- ps')
  for (const each of ['/pause', 'sleep 1001', 'sleep 1002']) assert.ok(processes.includes(each), processes)
}

async function ends(cluster: SystemCluster): Promise<void> {
  const sh = (name: string, script: string, more: object = {}): object =>
    sleeper(name, { command: ['sh', '-c', script], ...more })
  const fromLogs = { terminationMessagePolicy: 'FallbackToLogsOnError' }
  await apply(cluster, 'ends', {
    restartPolicy: 'Never',
    containers: [
      sh('file', 'echo -n said > /dev/termination-log; exit 3'),
      sh('logs', 'echo from the log; exit 4', fromLogs),
      sh('fine', 'echo from the log', fromLogs),
      sh('oom', 'x=a; while :; do x=$x$x$x; done', { resources: { limits: { memory: '16Mi' } } }),
      sleeper('absent', { command: ['/does/not/exist'] }),
    ],
  })
  await apply(cluster, 'deadline', { activeDeadlineSeconds: 2, containers: [sleeper('c')] })
  const phase = async (name: string) => (await cluster.get<Pod>(`pod ${name}`)).status
  await until('the pods to fail', async () => (await phase('ends'))?.phase === 'Failed')
  const states = new Map((await phase('ends'))?.containerStatuses?.map(({ name, state }) => [name, state]))
  const told = (name: string): unknown[] => {
    const { exitCode, reason, message } = (states.get(name) as ContainerState).terminated ?? {}
    return [exitCode, reason, message]
  }
  assert.deepEqual(told('file'), [3, 'Error', 'said'])
  assert.deepEqual(told('logs'), [4, 'Error', 'from the log\n'])
  assert.deepEqual(told('fine'), [0, 'Completed', undefined])
  assert.deepEqual(told('oom'), [137, 'OOMKilled', undefined])
  const [code, reason, message] = told('absent')
  assert.deepEqual([code, reason], [128, 'StartError'])
  assert.match(String(message), /exec: "\/does\/not\/exist": stat \/does\/not\/exist: no such file or directory/)
  assert.equal(states.get('absent')?.terminated?.startedAt, '1970-01-01T00:00:00Z')
  await until('the deadline', async () => (await phase('deadline'))?.reason === 'DeadlineExceeded')
}

async function rejections(cluster: SystemCluster): Promise<void> {
  const on = { nodeName: cluster.nodeName }
  const port = sleeper('c', { ports: [{ containerPort: 8080, hostPort: 18080 }] })
  await apply(cluster, 'port1', { ...on, containers: [port] })
  await ready(cluster, 'port1')
  await apply(cluster, 'port2', { ...on, containers: [port] })
  await apply(cluster, 'affinity', { ...on, nodeSelector: { no: 'such' }, containers: [sleeper('c')] })
  await apply(cluster, 'outof', { ...on, containers: [sleeper('c', { resources: { requests: { cpu: '1000' } } })] })
  for (const [name, reason] of [
    ['port2', 'NodePorts'],
    ['affinity', 'NodeAffinity'],
    ['outof', 'OutOfcpu'],
  ] as const) {
    const status = await until('its rejection', async () => {
      const pod = await cluster.get<Pod>(`pod ${name}`)
      return pod.status?.phase === 'Failed' && pod.status
    })
    assert.equal(status.reason, reason)
    assert.match(status.message ?? '', /^Pod was rejected: /)
  }
}

async function logs(cluster: SystemCluster): Promise<void> {
  const script = 'seq 1 200; [ -e /e/once ] || { touch /e/once; exit 1; }; sleep 1000'
  const more = { command: ['sh', '-c', script], volumeMounts: [{ name: 'e', mountPath: '/e' }] }
  const init = sleeper('first', { command: ['sh', '-c', 'echo begun'] })
  const volumes = [{ name: 'e', emptyDir: {} }]
  await apply(cluster, 'talks', { initContainers: [init], containers: [sleeper('c', more)], volumes })
  const flood =
    'i=0; while [ $i -lt 30 ]; do i=$((i+1)); yes "$(printf %0100d 0)" | head -n 9999; echo "mark $i"; sleep 0.2; done; sleep 1; echo end; sleep 1; echo end; sleep 1000'
  await apply(cluster, 'floods', { containers: [sleeper('c', { command: ['sh', '-c', flood] })] })
  await ready(cluster, 'floods')
  const followed = cluster.run(['sh', '-c', `timeout 25 ${kubectl(cluster)} logs -f floods | grep -m 30 mark`])
  await until('the second run', async () => {
    const { status } = await cluster.get<Pod>('pod talks')
    return status?.containerStatuses?.[0]?.state?.running && status.containerStatuses[0].restartCount === 1
  })
  assert.equal(await cluster.kubectl('logs talks --tail=2'), '199\n200\n')
  assert.equal(await cluster.kubectl('logs talks -p --tail=1'), '200\n')
  assert.equal(await cluster.kubectl('logs talks --limit-bytes=5'), '1\n2\n3')
  assert.equal(await cluster.kubectl('logs talks -c first'), 'begun\n')
  assert.equal(await cluster.kubectl('logs talks --since-time=2099-01-01T00:00:00Z'), '')
  assert.match(await cluster.kubectl('logs talks --timestamps --tail=1'), /^\d{4}-\d\d-\d\dT[\d:.]+Z 200\n$/)
  // kubectl asks for containers in any order.
  const everyone = (await cluster.kubectl('logs talks --all-containers --tail=1')).trim().split('\n')
  assert.deepEqual(everyone.sort(), ['200', 'begun'])
  const marks = (await followed).stdout.trim().split('\n')
  assert.deepEqual(
    marks,
    Array.from({ length: 30 }, (_, index) => `mark ${index + 1}`),
  )
  const { stdout } = await cluster.run(['sh', '-c', `ls ${cluster.home}/pod-logs/default_floods_*/c`])
  const files = stdout.trim().split('\n')
  assert.ok(files.length >= 2 && files.length <= 5, stdout)
}

async function readiness(cluster: SystemCluster): Promise<void> {
  const probe = { exec: { command: ['test', '!', '-e', '/tmp/away'] }, periodSeconds: 1, failureThreshold: 1 }
  await apply(cluster, 'serves', { containers: [sleeper('c', { readinessProbe: probe })] })
  await ready(cluster, 'serves')
  await cluster.kubectl('expose pod serves --port=80')
  const serving = async (): Promise<boolean> =>
    (await cluster.kubectl(
      'get endpointslices -l kubernetes.io/service-name=serves -o jsonpath={..conditions.ready}',
    )) === 'true'
  await until('the endpoint', serving)
  await cluster.kubectl('exec serves -- touch /tmp/away')
  await until('the endpoint to leave', async () => !(await serving()))
  await cluster.kubectl('exec serves -- rm /tmp/away')
  await until('the endpoint to return', serving)
}

async function access(cluster: SystemCluster): Promise<void> {
  await cluster.kubectl('create serviceaccount caller')
  const token = (await cluster.kubectl('create token caller')).trim()
  const status = async (path: string, bearer?: string): Promise<string> => {
    const script = `const https = require('https');
      const headers = ${bearer ? JSON.stringify({ authorization: `Bearer ${bearer}` }) : '{}'};
      https.get({ host: '192.168.77.2', port: 10250, path: '${path}', headers, rejectUnauthorized: false },
        (answer) => { console.log(answer.statusCode); answer.destroy() })`
    return (await cluster.run([process.execPath, '-e', script])).stdout.trim()
  }
  assert.equal(await status('/pods'), '401')
  assert.equal(await status('/pods', 'no.such.token'), '401')
  assert.equal(await status('/pods', token), '403')
  await cluster.kubectl('create clusterrole proxies --verb=get --resource=nodes/proxy')
  await cluster.kubectl('create clusterrolebinding proxies --clusterrole=proxies --serviceaccount=default:friend')
  await cluster.kubectl('create serviceaccount friend')
  const friend = (await cluster.kubectl('create token friend')).trim()
  assert.equal(await status('/pods', friend), '200')
  assert.equal(await status('/metrics/resource', friend), '403')
  await ready(cluster, 'host').catch(() => undefined)
  for (const path of ['metrics', 'metrics/resource', 'metrics/cadvisor', 'stats/summary']) {
    const text = await cluster.kubectl(`get --raw /api/v1/nodes/${cluster.nodeName}/proxy/${path}`)
    assert.match(text, path === 'metrics' ? /^kubelet_running_pods [1-9]/m : /coredns/)
  }
}

function sleeper(name: string, more: object = {}): object {
  return { name, image: helloImage, command: ['sleep', '1000'], ...more }
}

async function apply(cluster: SystemCluster, name: string, spec: object): Promise<void> {
  const metadata = { name, labels: { name } }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { terminationGracePeriodSeconds: 1, ...spec } }
  await cluster.apply(JSON.stringify(pod))
}

async function ready(cluster: SystemCluster, name: string): Promise<void> {
  await cluster.kubectl(`wait --for=condition=Ready pod/${name} --timeout=60s`)
}

function kubectl({ home }: SystemCluster): string {
  return `${home}/tools/kubectl/kubectl`
}
