/**
 * A real cluster for a test file: `k8ts up` in a network namespace and a home directory of its own, with real
 * containers, packets and kubectl. Nothing of it touches the machine's own network or another cluster, and `stop` checks
 * that nothing of it is left.
 *
 * Programs enter the network by `nsenter --net`, which keeps the machine's mount namespace: `ip netns exec` would give
 * them one of their own, and what containerd mounted there would be seen by nobody else.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clusterConfig, paths } from '../../src/cluster/config.ts'
import { allFindings } from '../../src/cluster/host/doctor.ts'
import { readProcesses } from '../../src/cluster/host/proc.ts'
import { describeRemains, findCniResults, findRemains, findShimSockets } from '../../src/cluster/host/remains.ts'
import type { Role } from '../../src/cluster/processes.ts'
import type { Exec, ExecResult, RunningProcess } from '../../src/platform/exec.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { findTools } from '../kubectl/tools.ts'

export interface RunOptions {
  /** Standard input. */
  input?: string
  timeoutMs?: number
}

/** A program under way, with what it has written so far. */
export interface Streaming {
  output(): Promise<string>
  exited: Promise<number>
  stop(): Promise<void>
}

export interface SystemCluster {
  home: string
  kubeconfig: string
  nodeName: string
  platform: Platform
  /** Runs a program in the cluster's network; any exit code is a result. */
  run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<ExecResult>
  /** The same on another machine of the node's network, 192.168.77.1. */
  runOutside(argv: readonly [string, ...string[]], options?: RunOptions): Promise<ExecResult>
  /** `bin/k8ts …`, any exit code. */
  k8ts(words: readonly string[], options?: RunOptions): Promise<ExecResult>
  /** Standard output of a kubectl call that must succeed. Words are split at blanks; a list is taken as it is. */
  kubectl(words: string | readonly string[], options?: RunOptions): Promise<string>
  /** kubectl, any exit code. */
  tryKubectl(words: string | readonly string[], options?: RunOptions): Promise<ExecResult>
  apply(manifest: string): Promise<string>
  /** Starts a program in the background, in the cluster's network. */
  start(argv: readonly [string, ...string[]]): Promise<Streaming>
  startKubectl(words: string): Promise<Streaming>
  /** An object of the API. */
  get<T>(words: string): Promise<T>
  /** The process id from a pid file; `containerd` too. */
  pidOf(role: Role | 'containerd'): Promise<number>
  /** Brings it (back) up, without the example unless told otherwise. */
  up(words?: readonly string[]): Promise<string>
  /** Takes it down and asserts that nothing is left. */
  stop(): Promise<void>
}

export const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
export const helloImage = 'k8ts.local/hello:1.0'
const program = join(packageRoot, 'bin', 'k8ts')
export const nodeAddress = '192.168.77.2'
const commandTimeoutMs = 90_000
const upTimeoutMs = 180_000
const untilTimeoutMs = 60_000
const untilPollMs = 100

/**
 * False when this machine can run such tests, else why they are skipped. In continuous integration (`CI=true`) nothing
 * may be skipped: a machine that lacks something fails there.
 */
export async function whyNot(): Promise<string | false> {
  const platform = realPlatform()
  const config = clusterConfig(platform.net, { home: tmpdir(), nodeName: 'test', nodeAddress, hostname: 'test' })
  const findings = (await allFindings(platform, config)).filter(
    // Ports and routes are those of a network that is yet to be made.
    ({ severity, problem }) => severity === 'blocking' && !/^port |no route|lies in a range/.test(problem),
  )
  if (findings.length === 0) return false
  const reason = `SKIPPED, NOT TESTED: ${findings.map(({ problem }) => problem).join('; ')}`
  if (process.env.CI === 'true') throw new Error(reason)
  return reason
}

/** A network and a home; nothing runs yet. */
export async function prepareCluster(): Promise<SystemCluster> {
  const platform = realPlatform()
  const { exec, disk } = platform
  const tools = await findTools(platform)
  const home = await mkdtemp(join(tmpdir(), 'k8ts-system-'))
  await symlink(dirname(dirname(tools.kubectl)), join(home, 'tools'))
  await disk.makeDirectory(join(home, 'logs'), 0o700)
  const network = await makeNetwork(exec)
  // Timers of the platform never keep a process alive.
  const alive = setInterval(() => {}, 60_000)
  const nodeName = 'test-node'
  const config = clusterConfig(platform.net, { home, nodeName, nodeAddress, hostname: nodeName })
  const kubeconfig = paths(config).adminKubeconfig
  const enter = ['nsenter', `--net=/run/netns/${network}`, '--'] as const
  const env = { K8TS_HOME: home, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(home, 'logs', 'kubectl-cache') }
  const inside: Exec = {
    ...exec,
    run: (argv, options) => exec.run([...enter, ...argv], { ...options, env: { ...env, ...options?.env } }),
    spawn: (argv, options) => exec.spawn([...enter, ...argv], { ...options, env: { ...env, ...options?.env } }),
  }
  endWithProcess([...enter, program, 'down', '--purge'], env, network)
  const cluster: SystemCluster = {
    ...{ home, kubeconfig, nodeName, platform },
    run: (argv, { input = '', timeoutMs = commandTimeoutMs } = {}) => inside.run(argv, { input, timeoutMs }),
    runOutside: (argv, { input = '', timeoutMs = commandTimeoutMs } = {}) =>
      exec.run(['nsenter', `--net=/run/netns/${outsideOf(network)}`, '--', ...argv], { input, timeoutMs }),
    k8ts: (words, options) => cluster.run([program, ...words], options),
    tryKubectl: (words, options) => cluster.run([tools.kubectl, ...split(words)], options),
    kubectl: async (words, options) => must(`kubectl ${words}`, await cluster.tryKubectl(words, options)),
    apply: (manifest) => cluster.kubectl('apply -f -', { input: manifest }),
    start: (argv) => startStreaming(platform, inside, argv, home),
    startKubectl: (words) => cluster.start([tools.kubectl, ...split(words)]),
    get: async <T>(words: string) => JSON.parse(await cluster.kubectl(`get -o json ${words}`)) as T,
    pidOf: async (role) => Number(await disk.readText(paths(config).pidOf(role))),
    up: async (words = ['--bare']) =>
      must('k8ts up', await cluster.k8ts(['up', '--node-name', nodeName, ...words], { timeoutMs: upTimeoutMs })),
    async stop() {
      clearInterval(alive)
      try {
        must('k8ts down', await cluster.k8ts(['down', '--purge']))
        assert.deepEqual(await leftovers(platform, inside, home), [])
      } finally {
        await removeNetwork(exec, network)
      }
    },
  }
  return cluster
}

/** A cluster that is up, without the example. When it does not come up, what there is is taken down again. */
export async function startCluster(): Promise<SystemCluster> {
  const cluster = await prepareCluster()
  try {
    await cluster.up()
  } catch (error) {
    await cluster.stop().catch(() => {})
    throw error
  }
  return cluster
}

/** What `down` should have removed, looked for once more by other means than its own where there are any. */
export async function leftovers({ disk }: Platform, inside: Exec, home: string): Promise<string[]> {
  const config = { ...clusterConfig(realPlatform().net, { home, nodeName: 'x', nodeAddress, hostname: 'x' }) }
  const [processes, mounts, links, ruleset, namespaces, routes] = await Promise.all([
    readProcesses(disk),
    disk.readText('/proc/self/mountinfo'),
    inside.run(['ip', '-o', 'link']),
    inside.run(['nft', 'list', 'tables']),
    inside.run(['find', home, '-name', 'cni-*']),
    inside.run(['ip', 'route', 'show', 'table', 'local', 'proto', '84']),
  ])
  return [
    ...processes.map(({ argv }) => argv.join(' ')).filter((line) => line.includes(home) && !line.startsWith('find ')),
    ...mounts.split('\n').filter((line) => line.includes(home)),
    ...links.stdout.split('\n').filter((line) => /: (k8ts|veth)/.test(line)),
    ...ruleset.stdout.split('\n').filter((line) => line !== ''),
    ...namespaces.stdout.split('\n').filter((line) => line !== ''),
    ...routes.stdout.split('\n').filter((line) => line !== ''),
    ...describeRemains(await findRemains({ disk, exec: inside }, config, false)),
    ...(await findCniResults(disk, config)),
    ...(await findShimSockets(disk, config)),
  ]
}

/** Asks until `read` gives something other than undefined or false. Fails with the last error, or `explain`'s words. */
export async function until<T>(
  what: string,
  read: () => Promise<T | undefined | false>,
  timeoutMs = untilTimeoutMs,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (let last: unknown; ; ) {
    try {
      const found = await read()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, untilPollMs))
  }
}

function split(words: string | readonly string[]): readonly string[] {
  return typeof words === 'string' ? words.split(' ') : words
}

function must(what: string, { exitCode, stdout, stderr }: ExecResult): string {
  if (exitCode !== 0) throw new Error(`${what} failed with code ${exitCode}: ${stderr}${stdout}`)
  return stdout
}

let networks = 0
const outsideOf = (network: string): string => `${network}-out`

/** The node's network, joined to an empty one outside, which its default route leads to. */
async function makeNetwork(exec: Exec): Promise<string> {
  const node = `k8ts-test-${process.pid}-${++networks}`
  const outside = outsideOf(node)
  const lines = [
    ...[`netns add ${node}`, `netns add ${outside}`, `-n ${node} link set lo up`, `-n ${outside} link set lo up`],
    `-n ${node} link add ext0 type veth peer name eth0 netns ${outside}`,
    ...[`-n ${node} addr add ${nodeAddress}/24 dev ext0`, `-n ${node} link set ext0 up`],
    ...[`-n ${outside} addr add 192.168.77.1/24 dev eth0`, `-n ${outside} link set eth0 up`],
    `-n ${node} route add default via 192.168.77.1`,
  ]
  for (const line of lines) must(`ip ${line}`, await exec.run(['ip', ...line.split(' ')] as [string, ...string[]]))
  return node
}

async function removeNetwork(exec: Exec, name: string): Promise<void> {
  for (const each of [name, outsideOf(name)]) await exec.run(['ip', 'netns', 'delete', each])
}

/** A test file that is told to end, as by a time limit, leaves nothing behind either. */
function endWithProcess(argv: readonly string[], env: Record<string, string>, network: string): void {
  const [first = '', ...rest] = argv
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      spawnSync(first, rest, { env: { ...process.env, ...env }, stdio: 'ignore', timeout: 60_000 })
      for (const each of [network, outsideOf(network)]) spawnSync('ip', ['netns', 'delete', each])
      process.exit(1)
    })
}

async function startStreaming(
  { disk, random }: Platform,
  inside: Exec,
  argv: readonly [string, ...string[]],
  home: string,
): Promise<Streaming> {
  const logPath = join(home, 'logs', `${random.uuid()}.log`)
  const running: RunningProcess = await inside.spawn(argv, { logPath })
  return {
    output: () => disk.readText(logPath),
    exited: running.exited,
    async stop() {
      running.kill('SIGTERM')
      await running.exited
    },
  }
}
