/**
 * A node agent for tests: the simulated runtime, time and files against our own API server in memory. Nothing here opens
 * a socket or waits for real time.
 */
import { coreV1 } from '../api/resources.ts'
import type { ConfigMap, Container, Event, Pod } from '../api/types/core/v1.ts'
import { startTestApiServer, type TestApiServer } from '../apiserver/testbed/server.ts'
import type { Client } from '../client/client.ts'
import { createClient } from '../client/client-impl.ts'
import type { Exec } from '../platform/exec.ts'
import { silent } from '../platform/log.ts'
import type { Net } from '../platform/net.ts'
import { type SimulatedClock, simulatedClock } from '../platform/simulated/clock.ts'
import { type SimulatedDisk, simulatedDisk } from '../platform/simulated/disk.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import type { KubeletConfig } from './config.ts'
import { type SimulatedRuntime, type SimulatedRuntimeOptions, simulatedRuntime } from './cri/simulated.ts'
import { type Kubelet, startKubelet } from './kubelet.ts'

export const testNamespace = 'test'

export interface TestNode {
  api: TestApiServer
  client: Client
  clock: SimulatedClock
  disk: SimulatedDisk
  runtime: SimulatedRuntime
  kubelet: Kubelet
  /** A pod bound to the node, as the scheduler leaves it. */
  create(
    name: string,
    spec: Partial<Pod['spec']> & { containers: Container[] },
    metadata?: Pod['metadata'],
  ): Promise<Pod>
  get(name: string): Promise<Pod>
  exists(name: string): Promise<boolean>
  configMap(name: string, data: Record<string, string>): Promise<ConfigMap>
  /** `reason ×count: message` of a pod's events, in the order of their first occurrence. */
  events(name: string): Promise<string[]>
  /** Lets everything happen that is due, and moves time by this much. */
  pass(milliseconds: number): Promise<void>
  /** Stops the agent and starts another on the same runtime and files. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface TestNodeOptions {
  runtime?: Partial<SimulatedRuntimeOptions>
  config?: Partial<KubeletConfig>
  /** Default: opens nothing. */
  net?: Net
}

export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const clock = simulatedClock()
  const random = simulatedRandom('node')
  const disk = simulatedDisk()
  await writeMachine(disk)
  const api = await startTestApiServer({ clock, namespaces: [testNamespace] })
  const client = createClient(api.transport)
  const runtime = simulatedRuntime({ clock, random: random.stream('runtime'), ...options.runtime })
  const start = (): Promise<Kubelet> =>
    startKubelet({
      client,
      clock,
      random: random.stream('kubelet'),
      disk,
      exec: testExec(disk),
      net: options.net ?? ({} as Net),
      log: silent,
      runtime,
      connectGrpc: () => {
        throw new Error('this test has no gRPC')
      },
      config: {
        nodeName: 'node1',
        rootDirectory: '/kubelet',
        nodeAddresses: ['10.0.0.1'],
        clusterDns: ['10.96.0.10'],
        architecture: 'x64',
        ...options.config,
      },
    })
  let kubelet = await start()
  const pods = client.of(coreV1.pods, testNamespace)
  return {
    api,
    client,
    clock,
    disk,
    runtime,
    get kubelet() {
      return kubelet
    },
    create: (name, spec, metadata = {}) =>
      pods.create({ metadata: { ...metadata, name }, spec: { nodeName: 'node1', ...spec } }),
    get: (name) => pods.get(name),
    exists: async (name) => (await pods.list()).items.some(({ metadata }) => metadata.name === name),
    configMap: (name, data) => client.of(coreV1.configMaps, testNamespace).create({ metadata: { name }, data }),
    events: async (name) => describeEvents((await client.of(coreV1.events, testNamespace).list()).items, name),
    pass: (milliseconds) => clock.advance(milliseconds),
    async restart() {
      await kubelet.stop()
      kubelet = await start()
    },
    async stop() {
      await kubelet.stop()
      await api.stop()
    },
  }
}

function describeEvents(events: readonly Event[], name: string): string[] {
  return events
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message, count }) => `${reason} ×${count ?? 1}: ${message}`)
}

async function writeMachine(disk: SimulatedDisk): Promise<void> {
  await disk.makeDirectory('/proc')
  await disk.write('/proc/cpuinfo', 'processor\t: 0\nprocessor\t: 1\n')
  await disk.write('/proc/meminfo', 'MemTotal:       4194304 kB\nMemAvailable:   3145728 kB\n')
}

/** `test -d` and its like look at the simulated disk; mounts succeed and do nothing. */
function testExec(disk: SimulatedDisk): Exec {
  return {
    async run([program, ...words]) {
      const [flag = '', path = ''] = words
      const holds = program !== 'test' || (await fileTest(disk, flag, path))
      return { exitCode: holds ? 0 : 1, stdout: '', stderr: '' }
    },
    attach: async () => 0,
    spawn: () => Promise.reject(new Error('this test starts no programs')),
    alive: () => false,
    signal() {},
  }
}

async function fileTest(disk: SimulatedDisk, flag: string, path: string): Promise<boolean> {
  const info = await disk.stat(path)
  if (!info) return false
  if (flag === '-d') return info.kind === 'directory'
  return flag === '-e' || (flag === '-f' && info.kind === 'file')
}
