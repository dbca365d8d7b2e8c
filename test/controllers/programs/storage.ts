/** Random programs about storage and cloud: claims, volumes, their pods and load balancers, with nodes and faults between. */
import { ApiError } from '../../../src/api/errors.ts'
import type { Resource } from '../../../src/api/meta.ts'
import { coreV1, storageV1 } from '../../../src/api/resources.ts'
import type { VolumeAttachment } from '../../../src/api/types/storage/v1.ts'
import type { Controller, ControllerParts } from '../../../src/client/controller.ts'
import { ifThere } from '../../../src/client/writes.ts'
import { cloudControllers } from '../../../src/cloud/index.ts'
import { localProvider } from '../../../src/cloud/local/local.ts'
import type { Random } from '../../../src/platform/random.ts'
import { simulatedRandom } from '../../../src/platform/simulated/random.ts'
import { startCluster, type TestCluster } from '../../../src/testing/index.ts'
import { attacher, driver, provisioner } from '../csi-driver.ts'
import type { ProgramResult } from './run.ts'
import { storageWorldOf, wrongInStorage } from './storage-checks.ts'

const namespace = 'default'
const nodeNames = ['node-1', 'node-2', 'node-3']
const classes = { csi: 'Immediate', 'csi-wait': 'WaitForFirstConsumer', 'local-path': 'WaitForFirstConsumer' } as const

type Step =
  | { do: 'claim'; class: string; mode: string }
  | { do: 'volume'; size: number; policy: string }
  | { do: 'pod'; which: number }
  | { do: 'service'; type: string }
  | { do: 'serviceType'; which: number; type: string }
  | { do: 'delete'; what: 'claims' | 'volumes' | 'pods' | 'services'; which: number }
  | { do: 'grow'; which: number }
  | { do: 'killNode' | 'reviveNode'; node: string }
  | { do: 'faults'; share: number }
  | { do: 'lateEvents'; ms: number }
  | { do: 'restart' | 'settle' }
  | { do: 'wait'; seconds: number }

function drawStep(random: Random): Step {
  const pick = <T>(values: readonly T[]): T => values[random.int(values.length)] as T
  const which = random.int(8)
  const claim = (): Step => ({
    do: 'claim',
    class: pick(['csi', 'csi-wait', 'local-path', '']),
    mode: pick(['ReadWriteOnce', 'ReadWriteOnce', 'ReadWriteMany']),
  })
  const steps: (() => Step)[] = [
    ...[claim, claim, claim],
    ...Array.from({ length: 4 }, () => (): Step => ({ do: 'pod', which })),
    () => ({ do: 'volume', size: 1 + random.int(3), policy: pick(['Retain', 'Delete']) }),
    () => ({ do: 'service', type: pick(['LoadBalancer', 'ClusterIP']) }),
    () => ({ do: 'serviceType', which, type: pick(['LoadBalancer', 'ClusterIP', 'NodePort']) }),
    ...Array.from({ length: 3 }, () => (): Step => {
      return { do: 'delete', what: pick(['claims', 'volumes', 'pods', 'pods', 'services'] as const), which }
    }),
    () => ({ do: 'grow', which }),
    () => ({ do: 'killNode', node: pick(nodeNames) }),
    () => ({ do: 'reviveNode', node: pick(nodeNames) }),
    () => ({ do: 'faults', share: random.int(3) * 0.1 }),
    () => ({ do: 'lateEvents', ms: random.int(3) * 700 }),
    () => ({ do: 'restart' }),
    () => ({ do: 'settle' }),
    () => ({ do: 'wait', seconds: pick([1, 7, 45, 400]) }),
  ]
  return pick(steps)()
}

export async function runStorageProgram(seed: string, length = 20): Promise<ProgramResult> {
  const random = simulatedRandom(`storage program ${seed}`)
  const steps = Array.from({ length }, () => drawStep(random))
  const program = steps.map((step) => `  ${JSON.stringify(step)}`).join('\n')
  const run = new StorageRun(seed)
  try {
    await run.start()
    for (const step of steps) await run.make(step)
    return { seed, program, wrong: await run.conclude() }
  } catch (error) {
    return { seed, program, wrong: [error instanceof Error ? (error.stack ?? '') : String(error)] }
  } finally {
    await run.stop()
  }
}

const resources = {
  claims: coreV1.persistentVolumeClaims,
  volumes: coreV1.persistentVolumes,
  pods: coreV1.pods,
  services: coreV1.services,
} as const

class StorageRun {
  readonly #seed: string
  readonly #wrong: string[] = []
  #cluster!: TestCluster
  #watching = new AbortController()
  #share = 0
  #lateMs = 0
  #count = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  async start(): Promise<void> {
    const nodes = nodeNames.map((name) => ({ name }))
    const quick = { https: false, podEvents: false, settleTimeout: '60s', startTime: '2030-01-01T00:00:00Z' } as const
    this.#cluster = await startCluster({ nodes, seed: this.#seed, freeze: true, ...quick })
    const { api } = this.#cluster
    await api.of(storageV1.csiDrivers).create({ metadata: { name: driver }, spec: { attachRequired: true } })
    for (const [name, volumeBindingMode] of Object.entries(classes)) {
      const maker = name === 'local-path' ? 'k8ts.dev/local-path' : driver
      const metadata = { name }
      await api
        .of(storageV1.storageClasses)
        .create({ metadata, provisioner: maker, volumeBindingMode, allowVolumeExpansion: true })
    }
    await this.#begin()
  }

  async stop(): Promise<void> {
    this.#watching.abort()
    await this.#cluster?.stop()
  }

  async make(step: Step): Promise<void> {
    try {
      await this.#do(step)
    } catch (error) {
      if (!(error instanceof ApiError && [403, 404, 409, 422].includes(error.code))) throw error
    }
  }

  /** After the last step all faults end; what is wrong when the cluster had all the time it needs. */
  async conclude(): Promise<string[]> {
    this.#share = 0
    this.#lateMs = 0
    this.#cluster.faults.clear()
    for (const node of nodeNames) await this.#cluster.nodes.revive(node)
    await this.#restart()
    let wrong: string[] = []
    for (let round = 0; round < 10; round++) {
      await this.#cluster.settled()
      await this.#cluster.clock.advance('5m')
      await this.#cluster.settled()
      wrong = wrongInStorage(await storageWorldOf(this.#cluster.api))
      if (wrong.length === 0) break
    }
    return [...wrong, ...this.#wrong]
  }

  async #do(step: Step): Promise<void> {
    const { nodes, clock } = this.#cluster
    switch (step.do) {
      case 'killNode':
        return nodes.kill(step.node)
      case 'reviveNode':
        this.#cluster.faults.clear()
        await nodes.revive(step.node)
        return this.#fault()
      case 'faults':
        this.#share = step.share
        return this.#fault()
      case 'lateEvents':
        this.#lateMs = step.ms
        return this.#fault()
      case 'restart':
        return this.#restart()
      case 'wait':
        return clock.advance(`${step.seconds}s`)
      case 'settle':
        return this.#cluster.settled()
      default:
        return this.#change(step)
    }
  }

  async #change(step: Step): Promise<void> {
    const name = `${step.do}-${this.#count++}`
    switch (step.do) {
      case 'claim':
        return this.#create(coreV1.persistentVolumeClaims, name, {
          ...{ storageClassName: step.class, accessModes: [step.mode] },
          resources: { requests: { storage: '1Gi' } },
        })
      case 'volume':
        return this.#create(coreV1.persistentVolumes, name, {
          ...{ capacity: { storage: `${step.size}Gi` }, accessModes: ['ReadWriteOnce', 'ReadWriteMany'] },
          ...{ persistentVolumeReclaimPolicy: step.policy, storageClassName: '' },
          csi: { driver, volumeHandle: name },
        })
      case 'pod':
        return this.#createPod(name, await this.#nameOf('claims', step.which))
      case 'service':
        return this.#create(coreV1.services, name, { type: step.type, ports: [{ port: 80 }], selector: { a: 'b' } })
      case 'serviceType': {
        const service = await this.#nameOf('services', step.which)
        const patch = { spec: { type: step.type } }
        if (service?.startsWith('service-'))
          await this.#cluster.api.of(coreV1.services, namespace).patch(service, { type: 'merge', patch })
        return
      }
      case 'grow': {
        const claim = await this.#nameOf('claims', step.which)
        const patch = { spec: { resources: { requests: { storage: '2Gi' } } } }
        if (claim)
          await this.#cluster.api.of(coreV1.persistentVolumeClaims, namespace).patch(claim, { type: 'merge', patch })
        return
      }
      case 'delete': {
        const found = await this.#nameOf(step.what, step.which)
        if (found !== undefined && found !== 'kubernetes') await this.#api(resources[step.what]).delete(found)
      }
    }
  }

  async #createPod(name: string, claimName: string | undefined): Promise<void> {
    if (claimName === undefined) return
    const containers = [{ name: 'c', image: 'i' }]
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName } }]
    const seconds = 30
    const tolerations = ['not-ready', 'unreachable'].map((what) => ({
      ...{ key: `node.kubernetes.io/${what}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds },
    }))
    await this.#create(coreV1.pods, name, { containers, volumes, tolerations })
  }

  async #nameOf(what: keyof typeof resources, which: number): Promise<string | undefined> {
    const { items } = await this.#cluster.api.of(resources[what] as Resource).list()
    return items[which % Math.max(1, items.length)]?.metadata.name
  }

  #api(resource: Resource) {
    return this.#cluster.api.of(resource, resource.namespaced ? namespace : undefined)
  }

  async #create(resource: unknown, name: string, spec: object): Promise<void> {
    await this.#api(resource as Resource).create({ metadata: { name }, spec } as never)
  }

  #fault(): void {
    const { faults } = this.#cluster
    faults.clear()
    if (this.#share > 0) faults.chaos({ share: this.#share })
    const match = { component: 'kube-*', verb: 'watch' }
    if (this.#lateMs > 0) faults.add({ match, delayEvents: this.#lateMs })
  }

  async #restart(): Promise<void> {
    const before = this.#cluster
    this.#watching.abort()
    this.#cluster = before.fork()
    await before.stop()
    await this.#cluster.clock.advance('1ms')
    await this.#begin()
    this.#fault()
  }

  /** The driver's sidecars and the cloud's controllers, which are programs of their own. */
  async #begin(): Promise<void> {
    let provider: ReturnType<typeof localProvider> | undefined
    const cloud = (parts: ControllerParts): Controller[] => {
      const services = parts.informers.of(coreV1.services)
      provider ??= localProvider({ services: () => services.list(), pool: '192.0.2.0/24' })
      return cloudControllers(parts, provider, {})
    }
    await this.#cluster.run('csi-provisioner', (parts) => provisioner(parts))
    await this.#cluster.run('csi-attacher', attacher)
    for (const name of ['cloud-node-controller', 'cloud-node-lifecycle-controller', 'service-lb-controller']) {
      await this.#cluster.run(name, (parts) => cloud(parts).find((one) => one.name === name) as Controller)
    }
    this.#watching = new AbortController()
    void this.#watchAttachments(this.#watching.signal).catch(() => undefined)
  }

  /** A volume that only one node may have is never given to a second while the first has it. */
  async #watchAttachments(signal: AbortSignal): Promise<void> {
    const api = this.#cluster.api.of(storageV1.volumeAttachments)
    const there = new Map<string, VolumeAttachment>()
    const { items, metadata } = await api.list()
    for (const one of items) there.set(one.metadata.name ?? '', one)
    for await (const event of api.watch({ resourceVersion: metadata?.resourceVersion ?? '0', signal })) {
      const object = event.object as VolumeAttachment
      if (event.type === 'DELETED') there.delete(object.metadata.name ?? '')
      else if (event.type === 'ADDED' || event.type === 'MODIFIED') there.set(object.metadata.name ?? '', object)
      else continue
      const volumeName = object.spec.source.persistentVolumeName
      const holders = [...there.values()].filter(({ spec }) => spec.source.persistentVolumeName === volumeName)
      if (holders.length < 2) continue
      const volume = await ifThere(this.#cluster.api.of(coreV1.persistentVolumes).get(volumeName ?? ''))
      if (volume?.spec?.accessModes?.join() === 'ReadWriteOnce') {
        const nodes = holders.map(({ spec }) => spec.nodeName).join(' and ')
        this.#wrong.push(`volume ${volumeName} is attached to ${nodes} at once`)
      }
    }
  }
}
