/**
 * Real kubectl and Helm against our control plane: API server, controllers and scheduler in this process over the memory
 * store, served over HTTPS on a free port, with simulated nodes. Every test takes a namespace of its own, so tests of
 * one file can run side by side.
 */
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { coreV1 } from '../../src/api/resources.ts'
import { createInformers } from '../../src/client/informer-impl.ts'
import { kubeconfigText } from '../../src/client/kubeconfig.ts'
import { type ControlPlane, createControlPlane } from '../../src/cluster/control-plane/control-plane.ts'
import { type ClusterPki, ensureClusterPki } from '../../src/cluster/pki/cluster-pki.ts'
import { silent } from '../../src/platform/log.ts'
import type { Net } from '../../src/platform/net.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { memoryStore } from '../../src/store/memory/memory-store.ts'
import type { Store } from '../../src/store/store.ts'
import { simulatedNodeProxy } from '../../src/testing/nodes/node-proxy.ts'
import { Nodes } from '../../src/testing/nodes/nodes.ts'
import { PodRules } from '../../src/testing/nodes/pod-rules.ts'
import { findTools, skip } from './tools.ts'

export interface Ran {
  stdout: string
  stderr: string
  code: number
}

export interface RunOptions {
  /** Standard input. */
  input?: string
  env?: Record<string, string>
  /** Default: the bed's directory. */
  cwd?: string
}

/** A program under way, with what it has written so far. Ends when it is disposed of. */
export interface Streaming extends AsyncDisposable {
  output(): Promise<string>
}

/** Runs with the administrator's kubeconfig. Option objects come last. */
export type Run = (...args: (string | RunOptions)[]) => Promise<Ran>

export interface Bed extends AsyncDisposable {
  plane: ControlPlane
  platform: Platform
  pki: ClusterPki
  /** `https://127.0.0.1:<port>` */
  url: string
  kubeconfig: string
  /** Private, removed at the end. */
  directory: string
  kubectl: Run
  helm: Run
  /** Standard output of a kubectl call that must succeed. */
  ok(...args: (string | RunOptions)[]): Promise<string>
  /** Standard error of a kubectl call that must fail. */
  fails(...args: (string | RunOptions)[]): Promise<string>
  /** Creates an empty namespace with a name of its own. */
  namespace(): Promise<string>
  /** Writes a file below `directory`; returns its path. Text with a `#!` becomes executable. */
  write(name: string, content: string): Promise<string>
  /** Starts kubectl in the background. */
  start(...args: string[]): Promise<Streaming>
}

export const nodeNames = ['node1', 'node2']

export interface BedOptions {
  /** Nodes can be asked, so that metrics.k8s.io is served. Default false. */
  usage?: boolean
  /** By which the control plane reaches webhooks and servers behind it. Default: it reaches none. */
  net?: Net
}

export async function startBed({ usage = false, net: outward }: BedOptions = {}): Promise<Bed> {
  const platform = realPlatform()
  const { clock, disk, net, random } = platform
  const tools = skip ? { kubectl: 'kubectl', helm: 'helm' } : await findTools(platform)
  const directory = join(tmpdir(), `k8ts-kubectl-${random.uuid()}`)
  await disk.makeDirectory(directory, 0o700)
  const pki = await ensureClusterPki({ nodeName: 'node1', nodeAddresses: ['127.0.0.1'] }, { clock, random })
  const store = memoryStore({ clock })
  const advertise = { address: '192.0.2.2', port: 6443, hostName: 'control-plane' }
  const rules = new PodRules(random)
  let nodes: Nodes | undefined
  const nodeProxy = simulatedNodeProxy({ clock, random, rules, nodes: () => nodes })
  const parts = {
    store,
    pki,
    clock,
    random,
    log: silent,
    serviceCidr: '10.96.0.0/16',
    advertise,
    ...(usage ? { nodeProxy } : {}),
    ...(outward ? { net: outward } : {}),
  }
  const plane = await createControlPlane(parts)
  const clientCaPem = `${pki.ca.certificatePem}\n${pki.frontProxyCa.certificatePem}`
  const identity = pki.leafs.apiserver
  const listening = await plane.api.serve(net, { host: '127.0.0.1', port: 0, identity, clientCaPem })
  const url = `https://127.0.0.1:${listening.port}`
  const kubeconfig = join(directory, 'kubeconfig')
  const access = { server: url, caPem: pki.ca.certificatePem, user: 'admin', identity: pki.leafs.admin }
  await disk.write(kubeconfig, kubeconfigText(access))
  await plane.startControllers()
  const environment = { HOME: directory, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(directory, 'cache'), NO_PROXY: '*' }
  const runner = (program: string): Run => runProgram(platform, program, { cwd: directory, environment })
  const kubectl = runner(tools.kubectl)
  let namespaces = 0
  const bed: Bed = {
    ...{ plane, platform, pki, url, kubeconfig, directory, kubectl },
    helm: runner(tools.helm),
    ok: async (...args) => {
      const { code, stdout, stderr } = await kubectl(...args)
      assert.equal(code, 0, `kubectl ${textOf(args)} failed: ${stderr}${stdout}`)
      return stdout
    },
    fails: async (...args) => {
      const { code, stdout, stderr } = await kubectl(...args)
      assert.notEqual(code, 0, `kubectl ${textOf(args)} did not fail: ${stdout}${stderr}`)
      return stderr
    },
    async namespace() {
      const name = `ns${++namespaces}`
      await plane.client.of(coreV1.namespaces).create({ metadata: { name } })
      return name
    },
    async write(name, content) {
      const path = join(directory, name)
      await disk.makeDirectory(join(path, '..'), 0o700)
      await disk.write(path, content, { mode: content.startsWith('#!') ? 0o700 : 0o600, durable: false })
      return path
    },
    start: (...args) => startProgram(platform, [tools.kubectl, ...args], { cwd: directory, environment }),
    async [Symbol.asyncDispose]() {
      await running.stop()
      const closing = listening.close(500)
      await plane.stop()
      await closing
      await store.close()
      await disk.remove(directory)
    },
  }
  const running = await runNodes(bed, store, rules)
  nodes = running.nodes
  return bed
}

async function runNodes(
  { platform: { clock, random }, plane: { client } }: Bed,
  store: Store,
  rules: PodRules,
): Promise<{ nodes: Nodes; stop(): Promise<unknown> }> {
  const parts = { client, clock, random, log: silent }
  const informers = createInformers(parts)
  const nodes = new Nodes({ ...parts, informers, store, rules, podEvents: false })
  await nodes.add(nodeNames.map((name) => ({ name, capacity: { cpu: '4', memory: '8Gi' } })))
  nodes.start()
  informers.start()
  await informers.synced()
  return { nodes, stop: () => Promise.all([nodes.stop(), informers.stop()]) }
}

interface Place {
  cwd: string
  environment: Record<string, string>
}

function runProgram({ exec }: Platform, program: string, place: Place): Run {
  return async (...args) => {
    const words = args.filter((each) => typeof each === 'string')
    const {
      input,
      env,
      cwd = place.cwd,
    } = Object.assign({}, ...args.filter((each) => typeof each === 'object')) as RunOptions
    const options = { cwd, env: { ...place.environment, ...env }, timeoutMs: 60_000 }
    const ran = await exec.run([program, ...words], input === undefined ? options : { ...options, input })
    return { stdout: ran.stdout, stderr: ran.stderr, code: ran.exitCode }
  }
}

async function startProgram(
  { exec, disk, random }: Platform,
  argv: [string, ...string[]],
  { cwd, environment }: Place,
): Promise<Streaming> {
  const logPath = join(cwd, `${random.uuid()}.log`)
  const running = await exec.spawn(argv, { cwd, env: environment, logPath })
  return {
    output: () => disk.readText(logPath),
    async [Symbol.asyncDispose]() {
      running.kill('SIGTERM')
      await running.exited
    },
  }
}

function textOf(args: readonly (string | RunOptions)[]): string {
  return args.filter((each) => typeof each === 'string').join(' ')
}

/** Asks until `read` gives something other than undefined or false; fails with the last error after 20 s. */
export async function eventually<T>(
  { platform: { clock } }: Bed,
  what: string,
  read: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = clock.monotonicMs() + 20_000
  for (let last: unknown; ; ) {
    try {
      const found = await read()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      last = error
    }
    if (clock.monotonicMs() > deadline) throw new Error(`${what}: not within 20 s`, { cause: last })
    await clock.sleep(25)
  }
}

/** Replaces what differs from run to run by placeholders: ages, uids, times, addresses, random names and the like. */
export function steady(bed: Bed, text: string): string {
  return text
    .replaceAll(bed.url, '<url>')
    .replaceAll(bed.directory, '<dir>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4})/g, '<time>')
    .replace(/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>')
    .replace(/[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \d{4}/g, '<time>')
    .replace(/(resourceVersion["']?: ?["']?)\d+/g, '$1<rv>')
    .replace(/\b10\.96\.(?!0\.1\b)\d+\.\d+/g, '<ip>')
    .replace(/\b10\.244\.\d+\.\d+/g, '<pod-ip>')
    .replace(/\b172\.16\.\d+\.\d+/g, '<node-ip>')
    .replace(/\b3\d{4}(?=\/TCP|\/UDP|,|$)/gm, '<port>')
    .replace(/(nodePort["']?: ?)3\d{4}/g, '$1<port>')
    .replace(/-[bcdfghjklmnpqrstvwxz24-9]{5}\b/g, '-<rand>')
    .replace(/SHA256=[0-9a-f]{64}/g, 'SHA256=<hash>')
    .replace(/containerd:\/\/[0-9a-f]{64}/g, 'containerd://<id>')
    .replace(/(LIVE|MERGED)-\d+/g, '$1')
    .replace(/(?<=\s|=)(\d+[hm])?\d+(\.\d+)?m?s(?=\s|$|,|\))/gm, '<age>')
}
