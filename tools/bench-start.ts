/**
 * What a user waits for and what an idle machine pays: from nothing to a Ready node with DNS, one pod, many replicas,
 * and memory. Printed beside what the Go components needed on a machine of this kind (two cores).
 */
import { readFile } from 'node:fs/promises'
import { findProcesses } from '../src/cluster/host/remains.ts'
import { helloImage, packageRoot, prepareCluster, type SystemCluster, until } from '../test/system/harness.ts'

interface Row {
  what: string
  value: string
  reference: string
}

const startRuns = 3
const podRuns = 10
const idleMs = 20_000

async function main(): Promise<void> {
  const rows: Row[] = []
  for (let run = 1; run < startRuns; run++) await measured(rows, `run ${run}`, async () => {})
  await measured(rows, `run ${startRuns}`, async (cluster) => {
    rows.push(...(await memory(cluster)), await pods(cluster))
    for (const [replicas, reference] of [
      [10, '3.2 s'],
      [60, '16.7 s'],
    ] as const)
      rows.push(await replicate(cluster, replicas, reference))
  })
  print(rows)
}

/** One cluster from an empty directory, taken down in the end. */
async function measured(rows: Row[], label: string, then: (cluster: SystemCluster) => Promise<void>): Promise<void> {
  const cluster = await prepareCluster()
  try {
    const startMs = performance.now()
    const ran = await cluster.run([`${packageRoot}/script/up`, '--bare', '--node-name', cluster.nodeName], {
      timeoutMs: 240_000,
    })
    if (ran.exitCode !== 0) throw new Error(`script/up failed: ${ran.stderr}${ran.stdout}`)
    const totalMs = performance.now() - startMs
    const answered = /\[ *([\d.]+) s\] the API server answers/.exec(ran.stdout)?.[1] ?? '?'
    rows.push({ what: `script/up --bare, ${label}: API server answers`, value: `${answered} s`, reference: '2.6 s' })
    rows.push({ what: `script/up --bare, ${label}: Ready, DNS answers`, value: seconds(totalMs), reference: '' })
    await then(cluster)
  } finally {
    await cluster.stop()
  }
}

/** Shared pages count once in PSS and in each process in RSS. */
async function memory(cluster: SystemCluster): Promise<Row[]> {
  await new Promise((resolve) => setTimeout(resolve, idleMs))
  const own = await findProcesses(cluster.platform.disk, {
    ...{ home: cluster.home, nodeName: cluster.nodeName, nodeAddress: '', apiServerPort: 0, kubeletPort: 0 },
    ...{ podCidr: '', serviceCidr: '', clusterDomain: '', dnsServiceIp: '' },
  })
  const groups = [
    { name: 'server', pids: [await cluster.pidOf('server')] },
    { name: 'agent', pids: [await cluster.pidOf('agent')] },
    {
      name: 'DNS pods',
      pids: own.contained.filter(({ argv }) => argv.some((word) => word.includes('dns/main'))).map(({ pid }) => pid),
    },
  ]
  const rows: Row[] = []
  const sum = { rss: 0, pss: 0 }
  for (const { name, pids } of groups) {
    const use = await memoryOf(pids)
    sum.rss += use.rss
    sum.pss += use.pss
    rows.push({ what: `memory idle: ${name}`, value: usage(use), reference: '' })
  }
  rows.push({ what: 'memory idle: all of ours', value: usage(sum), reference: '664 MB (five daemons)' })
  const runtime = await memoryOf([...own.containerd, ...own.shims].map(({ pid }) => pid))
  rows.push({ what: 'memory idle: containerd and shims', value: usage(runtime), reference: 'not in the above' })
  return rows
}

async function memoryOf(pids: readonly number[]): Promise<{ rss: number; pss: number }> {
  const sum = { rss: 0, pss: 0 }
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
    sum.rss += Number(/^Rss: +(\d+)/m.exec(text)?.[1] ?? 0) * 1024
    sum.pss += Number(/^Pss: +(\d+)/m.exec(text)?.[1] ?? 0) * 1024
  }
  return sum
}

async function pods(cluster: SystemCluster): Promise<Row> {
  const times: number[] = []
  for (let run = 0; run < podRuns; run++) {
    const startMs = performance.now()
    await cluster.kubectl(`run pod-${run} --image=${helloImage}`)
    await cluster.kubectl(`wait pod pod-${run} --for=condition=Ready --timeout=60s`)
    times.push(performance.now() - startMs)
  }
  await cluster.kubectl('delete pod --all --now')
  times.sort((one, other) => one - other)
  const middle = ((times[podRuns / 2 - 1] ?? 0) + (times[podRuns / 2] ?? 0)) / 2
  const value = `${seconds(middle)} (${seconds(times[0] ?? 0)} to ${seconds(times.at(-1) ?? 0)})`
  return { what: `kubectl run to Ready, middle of ${podRuns}`, value, reference: '0.70 to 0.83 s' }
}

async function replicate(cluster: SystemCluster, replicas: number, reference: string): Promise<Row> {
  const name = `many-${replicas}`
  const startMs = performance.now()
  await cluster.kubectl(`create deployment ${name} --image=${helloImage} --replicas=${replicas}`)
  await cluster.kubectl(`wait deployment ${name} --for=jsonpath={.status.availableReplicas}=${replicas} --timeout=80s`)
  const value = seconds(performance.now() - startMs)
  await cluster.kubectl(`delete deployment ${name}`)
  await until('the pods to go', async () => (await cluster.kubectl('get pods -o name')) === '', 120_000)
  return { what: `${replicas} replicas to available`, value, reference }
}

function print(rows: readonly Row[]): void {
  const head: Row = { what: '', value: 'k8ts', reference: 'Go components' }
  const width = (key: keyof Row): number => Math.max(...[head, ...rows].map((row) => row[key].length))
  for (const { what, value, reference } of [head, ...rows])
    process.stdout.write(`${what.padEnd(width('what'))}  ${value.padEnd(width('value'))}  ${reference}\n`)
}

function usage({ rss, pss }: { rss: number; pss: number }): string {
  return `${megabytes(pss)} PSS, ${megabytes(rss)} RSS`
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

await main()
