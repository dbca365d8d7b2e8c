/** `k8ts up`: from nothing to a Ready node, answering DNS and a running example, telling each step. */
import { join } from 'node:path'
import { coreV1 } from '../../api/resources.ts'
import { applyObjects } from '../../client/apply.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import { httpTransport } from '../../client/http-transport.ts'
import { loadKubeconfig } from '../../client/kubeconfig.ts'
import { type ClusterConfig, paths } from '../config.ts'
import { blockingFindings } from '../host/doctor.ts'
import type { Machine } from '../machine.ts'
import { logTail, type Role, runningPid, startRole } from '../processes.ts'
import { type DemoResult, requestTenTimes } from './demo.ts'
import { dnsAnswers } from './dns-check.ts'

export interface UpOptions {
  config: ClusterConfig
  /** Leave out the example. */
  bare: boolean
  print(line: string): void
  /** More words for `k8ts server`: where it keeps everything. */
  serverArguments?: readonly string[]
}

const pollMs = 25
const readyTimeoutMs = 120_000
const exampleNamespace = 'hello'

/** Rejects with what went wrong and where to look. Running it again finds what runs and goes on from there. */
export async function bringUp(machine: Machine, options: UpOptions): Promise<void> {
  const { config, print, serverArguments = [] } = options
  const step = stepPrinter(machine, print)
  await refuseUnfit(machine, config)
  for (const role of ['server', 'agent'] as const) {
    const pid = await runningPid(machine, config, role)
    if (pid === undefined)
      step(
        `started k8ts ${role} (pid ${await startRole(machine, { config, role, program: machine.program, more: role === 'server' ? serverArguments : [] })})`,
      )
    else step(`k8ts ${role} is running (pid ${pid})`)
  }
  const client = await waitFor(machine, { config, what: 'the API server to answer', roles: ['server'] }, () =>
    answeringClient(machine, config),
  )
  step(`the API server answers at https://${config.nodeAddress}:${config.apiServerPort}`)
  await waitFor(machine, { config, what: `node ${config.nodeName} to be Ready`, roles: ['server', 'agent'] }, () =>
    nodeReady(machine, client, config),
  )
  step(`node ${config.nodeName} is Ready`)
  await waitFor(machine, { config, what: 'cluster DNS to answer', roles: ['server', 'agent'] }, () =>
    dnsAnswers(machine, config),
  )
  step('cluster DNS answers')
  if (!options.bare) await runExample(machine, client, options, step)
  for (const line of nextCommands(config, options.bare)) print(line)
}

type Step = (text: string) => void

function stepPrinter({ clock }: Machine, print: (line: string) => void): Step {
  const startMs = clock.monotonicMs()
  return (text) => print(`[${((clock.monotonicMs() - startMs) / 1000).toFixed(1).padStart(5)} s] ${text}`)
}

async function refuseUnfit(machine: Machine, config: ClusterConfig): Promise<void> {
  if ((await runningPid(machine, config, 'server')) !== undefined) return
  const findings = await blockingFindings(machine, config)
  if (findings.length === 0) return
  const lines = findings.map(({ problem, remedy }) => `  - ${problem}\n    ${remedy}`)
  throw new Error(`this machine can't run a cluster yet:\n${lines.join('\n')}`)
}

async function answeringClient(machine: Machine, config: ClusterConfig): Promise<Client | undefined> {
  const path = paths(config).adminKubeconfig
  if (!(await machine.disk.stat(path))) return undefined
  const access = await loadKubeconfig(machine.disk, path)
  const client = createClient(httpTransport({ net: machine.net, server: access.server, tls: access.tls }))
  const status = await client.raw<unknown>('GET', '/version').catch(() => undefined)
  return status === undefined ? undefined : client
}

/** Ready, and its agent answers: the condition of an agent that was just restarted may be an earlier one's. */
async function nodeReady(machine: Machine, client: Client, config: ClusterConfig): Promise<true | undefined> {
  const node = await client
    .of(coreV1.nodes)
    .get(config.nodeName)
    .catch(() => undefined)
  if (node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') return undefined
  const address = { host: config.nodeAddress, port: config.kubeletPort, timeoutMs: 500 }
  const socket = await machine.net.connectTcp(address).catch(() => undefined)
  socket?.destroy()
  return socket ? true : undefined
}

/** Looks until the probe finds something; a role that died meanwhile ends the wait with its last words. */
async function waitFor<T>(
  machine: Machine,
  { config, what, roles }: { config: ClusterConfig; what: string; roles: readonly Role[] },
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const deadlineMs = machine.clock.monotonicMs() + readyTimeoutMs
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    for (const role of roles) {
      if ((await runningPid(machine, config, role)) !== undefined) continue
      const log = paths(config).logOf(role)
      throw new Error(
        `k8ts ${role} ended while waiting for ${what}; its log (${log}) ends with:\n${await logTail(machine.disk, config, role)}`,
      )
    }
    if (machine.clock.monotonicMs() > deadlineMs) {
      const logs = roles.map((role) => paths(config).logOf(role)).join(' and ')
      throw new Error(`waited ${readyTimeoutMs / 1000} s for ${what} in vain; see ${logs}`)
    }
    await machine.clock.sleep(pollMs)
  }
}

async function runExample(machine: Machine, client: Client, options: UpOptions, step: Step): Promise<void> {
  const directory = join(machine.packageRoot, 'examples', 'hello')
  const names = (await machine.disk.list(directory)).filter((name) => name.endsWith('.yaml'))
  const texts = await Promise.all(names.map((name) => machine.disk.readText(join(directory, name))))
  const { parseManifests } = await import('../../client/manifests.ts')
  const objects = texts.flatMap(parseManifests)
  await applyObjects(client, objects, { fieldManager: 'k8ts', namespace: exampleNamespace })
  step(`applied examples/hello (${objects.length} objects)`)
  const { config, print } = options
  const replicas = await waitFor(
    machine,
    { config, what: 'the example to be available', roles: ['server', 'agent'] },
    () => exampleAvailable(client),
  )
  step('the example is available')
  const result = await waitFor(
    machine,
    { config, what: 'the Service to spread requests', roles: ['server', 'agent'] },
    () => spreadRequests(machine, client, replicas),
  )
  print(`ten requests to the Service (http://${result.address}/):`)
  for (const [answer, count] of [...result.spread].sort()) print(`  ${String(count).padStart(2)} × ${answer}`)
}

/** The number of the example's pods, once all of them are available. */
async function exampleAvailable(client: Client): Promise<number | undefined> {
  const path = `/apis/apps/v1/namespaces/${exampleNamespace}/deployments/hello`
  type Shape = { spec: { replicas: number }; status?: { availableReplicas?: number } }
  const deployment = await client.raw<Shape>('GET', path).catch(() => undefined)
  if (!deployment) return undefined
  const { replicas } = deployment.spec
  return deployment.status?.availableReplicas === replicas ? replicas : undefined
}

/** Pods are available a moment before the node's rules know all of them, so one pod that answers alone is asked again. */
async function spreadRequests(machine: Machine, client: Client, replicas: number): Promise<DemoResult | undefined> {
  const target = { namespace: exampleNamespace, service: 'hello' }
  const result = await requestTenTimes({ client, net: machine.net }, target).catch(() => undefined)
  return result && result.spread.size >= Math.min(replicas, 2) ? result : undefined
}

function nextCommands(config: ClusterConfig, bare: boolean): string[] {
  const kubeconfig = paths(config).adminKubeconfig
  return [
    '',
    `kubeconfig: ${kubeconfig}`,
    '',
    'next:',
    `  export KUBECONFIG=${kubeconfig}`,
    '  kubectl get pods -A            # or: bin/k8ts kubectl get pods -A',
    ...(bare ? [] : [`  kubectl -n ${exampleNamespace} get all`]),
    '  script/down                    # stop everything; --purge removes the data too',
  ]
}
