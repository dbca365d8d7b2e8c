/**
 * Makes what a pod's plan asks for: the sandbox, and containers one after the other. Every failure becomes a `waiting`
 * reason, an event with upstream's words, and a time to try again.
 */

import type { Container, Pod } from '../../api/types/core/v1.ts'
import { messageOf } from '../../platform/log.ts'
import type { CriImage, PodSandboxConfig } from '../cri/message.ts'
import { RuntimeError } from '../cri/runtime.ts'
import { pullCredentials } from '../images/credentials.ts'
import { ImageFailure } from '../images/puller.ts'
import { MissingReference } from '../references.ts'
import { imageVolumes } from '../volumes/image-volume.ts'
import type { MountedVolume } from '../volumes/manager.ts'
import { containerMounts } from '../volumes/mounts.ts'
import type { BackOff } from './back-off.ts'
import { containerConfig } from './container-config.ts'
import type { WaitingReason } from './container-status.ts'
import { hostsFile, podHostName } from './dns.ts'
import { containerEnvironment } from './environment.ts'
import type { Addresses } from './field-path.ts'
import { containerHash, describePod, uidOf } from './names.ts'
import type { PodParts } from './parts.ts'
import { noteGiven } from './resize.ts'
import { type ContainerRecord, latest, type PodRuntime } from './runtime-state.ts'
import { sandboxConfig } from './sandbox-config.ts'
import { type ImageUser, rootRefusal } from './security.ts'
import { findContainer, type NamedContainer, usesHostNetwork } from './spec.ts'
import { stopContainer } from './stop.ts'

/** Why something did not start, and when trying again can help (undefined: the ordinary delay). */
export class StartFailure extends Error {
  readonly waiting: WaitingReason
  readonly retryAfterMs: number | undefined
  constructor(reason: string, message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'StartFailure'
    this.waiting = { reason, message }
    this.retryAfterMs = retryAfterMs
  }
}

export interface StartContext {
  pod: Pod
  runtime: PodRuntime
  sandboxId: string
  sandbox: PodSandboxConfig
  podIps: readonly string[]
  volumes: ReadonlyMap<string, MountedVolume>
  backOff: BackOff
  /** The pod is to end. */
  ending: AbortSignal
}

export async function makeSandboxConfig(parts: PodParts, pod: Pod, attempt: number): Promise<PodSandboxConfig> {
  return sandboxConfig(pod, {
    attempt,
    logRoot: parts.settings.logRoot,
    cgroupParent: parts.cgroups.podPath(pod),
    clusterDns: parts.settings.clusterDns,
    hostResolver: await parts.settings.hostResolver(),
  })
}

/** Throws `StartFailure` after writing the event. */
export async function startSandbox(
  parts: PodParts,
  pod: Pod,
  config: PodSandboxConfig,
): Promise<{ id: string; ips: string[] }> {
  try {
    await parts.cgroups.preparePod(pod)
    if (pod.spec?.resources) parts.actuated.setPod(uidOf(pod), structuredClone(pod.spec.resources))
    await parts.disk.makeDirectory(config.logDirectory ?? '', 0o755)
    const id = await parts.runtime.runPodSandbox(config, '')
    const { network } = await parts.runtime.podSandboxStatus(id)
    const ips = [network?.ip, ...(network?.additionalIps ?? []).map(({ ip }) => ip)]
    return { id, ips: ips.filter((ip): ip is string => Boolean(ip)) }
  } catch (error) {
    const message = `Failed to create pod sandbox: ${rpcText(error)}`
    parts.events.pod(pod, 'Warning', 'FailedCreatePodSandBox', message)
    throw new StartFailure('CreatePodSandboxError', message)
  }
}

/** Throws `StartFailure` when it does not run now. */
export async function startContainer(parts: PodParts, context: StartContext, name: string): Promise<void> {
  const named = findContainer(context.pod, name)
  if (!named) throw new Error(`start container: pod ${describePod(context.pod)} has no container ${name}`)
  if (named.kind !== 'ephemeral') waitForBackOff(parts, context, named)
  const { container } = named
  const image = await ensureImage(parts, context, named, container)
  const volumes = await withImages(parts, context, named)
  if (context.ending.aborted) throw new StartFailure('ContainerCreating', '')
  const id = await create(parts, { ...context, volumes }, named, image)
  try {
    await parts.runtime.startContainer(id)
  } catch (error) {
    throw failed(parts, context.pod, named, 'RunContainerError', messageOf(error))
  }
  parts.events.container(context.pod, named, 'Normal', 'Started', 'Container started')
  await runPostStart(parts, context, named, id)
}

export function restartCountOf(pod: Pod, record: ContainerRecord | undefined, name: string): number {
  if (record) return record.restartCount + 1
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const status = statuses.find((candidate) => candidate.name === name)
  return status?.containerID ? status.restartCount + 1 : (status?.restartCount ?? 0)
}

function waitForBackOff(parts: PodParts, { pod, runtime, backOff }: StartContext, named: NamedContainer): void {
  const { container } = named
  // Not the latest run: that one may have been stopped just now, for its liveness probe.
  const record = runtime.containers.find(({ name, state }) => name === container.name && state === 'exited')
  if (!record || isNextInit(named, record)) return
  const key = `${uidOf(pod)}_${container.name}_${containerHash(container)}`
  const remainingMs = backOff.remainingMs(key, record.finishedMs, parts.clock.nowMs())
  if (remainingMs === 0) {
    backOff.next(key, parts.clock.nowMs())
    return
  }
  const what = describePod(pod)
  parts.events.container(
    pod,
    named,
    'Warning',
    'BackOff',
    `Back-off restarting failed container ${container.name} in pod ${what}`,
  )
  const delay = goDuration(backOff.delayMs(key))
  const message = `back-off ${delay} restarting failed container=${container.name} pod=${what}`
  throw new StartFailure('CrashLoopBackOff', message, remainingMs)
}

/** An init container that succeeded before and runs again in a new sandbox has not crashed. */
function isNextInit({ kind, container }: NamedContainer, record: ContainerRecord): boolean {
  return kind === 'init' && container.restartPolicy !== 'Always' && record.exitCode === 0
}

async function ensureImage(
  parts: PodParts,
  { pod, sandbox, ending }: StartContext,
  named: NamedContainer,
  container: Container,
): Promise<CriImage> {
  try {
    return await parts.images.ensure({
      pod,
      container,
      sandbox,
      signal: ending,
      credentials: (image) => pullCredentials(pod, image, parts.references),
      event: (type, reason, message) => parts.events.container(pod, named, type, reason, message),
    })
  } catch (error) {
    if (ending.aborted) throw new StartFailure('ContainerCreating', '')
    if (!(error instanceof ImageFailure)) throw error
    parts.events.container(pod, named, 'Warning', 'Failed', `Error: ${error.reason}`)
    throw new StartFailure(error.reason, error.message, error.retryAfterMs)
  }
}

/** The pod's volumes, and those of images that the container mounts. */
async function withImages(
  parts: PodParts,
  context: StartContext,
  named: NamedContainer,
): Promise<ReadonlyMap<string, MountedVolume>> {
  const { pod, volumes } = context
  try {
    const ensure = (asked: Container) => ensureImage(parts, context, named, asked)
    return new Map([...volumes, ...(await imageVolumes(parts, pod, named.container, ensure))])
  } catch (error) {
    if (error instanceof StartFailure) throw error
    throw failed(parts, pod, named, 'CreateContainerConfigError', messageOf(error))
  }
}

async function create(parts: PodParts, context: StartContext, named: NamedContainer, image: CriImage): Promise<string> {
  const { pod, runtime, sandboxId, sandbox } = context
  const { container } = named
  let config: ReturnType<typeof containerConfig>
  try {
    const restartCount = restartCountOf(pod, latest(runtime, container.name), container.name)
    config = await configure(parts, context, named, image, restartCount)
  } catch (error) {
    if (error instanceof RuntimeError) throw error
    const message = messageOf(error)
    if (!(error instanceof MissingReference)) parts.log.debug('container configuration failed', { message })
    throw failed(parts, pod, named, 'CreateContainerConfigError', message)
  }
  try {
    await parts.disk.makeDirectory(`${sandbox.logDirectory}/${container.name}`, 0o755)
    const id = await parts.runtime.createContainer(sandboxId, config, sandbox)
    if (named.kind !== 'ephemeral') noteGiven(parts.actuated, pod, container)
    parts.events.container(pod, named, 'Normal', 'Created', 'Container created')
    return id
  } catch (error) {
    throw failed(parts, pod, named, 'CreateContainerError', messageOf(error))
  }
}

async function configure(
  parts: PodParts,
  context: StartContext,
  { container, kind }: NamedContainer,
  image: CriImage,
  restartCount: number,
): Promise<ReturnType<typeof containerConfig>> {
  const { pod, podIps } = context
  const addresses: Addresses = { podIps, nodeIps: parts.node.ips() }
  const user = userOf(image)
  const refusal = rootRefusal(pod, container, user)
  if (refusal) throw new MissingReference(refusal)
  const environment = await containerEnvironment(pod, container, {
    services: parts.node.services(),
    references: parts.references,
    addresses,
    allocatable: parts.node.allocatable(),
  })
  const hosts = await hostsContent(parts, pod, podIps)
  const mounts = await containerMounts(parts, pod, container, { volumes: context.volumes, environment, hosts })
  const target = kind === 'ephemeral' ? targetOf(context, container) : undefined
  return containerConfig(pod, container, {
    restartCount,
    imageRef: image.id ?? container.image ?? '',
    user,
    environment,
    mounts,
    node: parts.node,
    seccompRoot: parts.settings.seccompRoot,
    seccompDefault: parts.settings.seccompDefault,
    ...(target === undefined ? {} : { targetContainerId: target }),
  })
}

function targetOf({ pod, runtime }: StartContext, container: Container): string | undefined {
  const target = pod.spec?.ephemeralContainers?.find(({ name }) => name === container.name)?.targetContainerName
  return target ? latest(runtime, target)?.id : undefined
}

async function hostsContent({ settings }: PodParts, pod: Pod, podIps: readonly string[]): Promise<string> {
  const hostFile = usesHostNetwork(pod) ? await settings.hostsFile() : ''
  return hostsFile(pod, podIps, podHostName(pod, settings.clusterDns.domain), hostFile)
}

function userOf(image: CriImage): ImageUser {
  return { uid: image.uid ? (image.uid.value ?? 0) : undefined, username: image.username ?? '' }
}

async function runPostStart(
  parts: PodParts,
  { pod, ending }: StartContext,
  named: NamedContainer,
  id: string,
): Promise<void> {
  const hook = named.container.lifecycle?.postStart
  if (!hook) return
  const record = { id, name: named.container.name } as ContainerRecord
  const failure = await parts.hooks.run(pod, named.container, record, hook, { signal: ending })
  if (!failure || ending.aborted) return
  parts.events.container(pod, named, 'Warning', 'FailedPostStartHook', 'PostStartHook failed')
  await stopContainer(parts, pod, record, { message: 'FailedPostStartHook' })
  throw new StartFailure('PostStartHookError', failure)
}

function failed(parts: PodParts, pod: Pod, named: NamedContainer, reason: string, message: string): StartFailure {
  parts.events.container(pod, named, 'Warning', 'Failed', `Error: ${message}`)
  return new StartFailure(reason, message)
}

/** An error of the runtime as gRPC's Go client prints it. */
export function rpcText(error: unknown): string {
  if (!(error instanceof RuntimeError)) return messageOf(error)
  const names: Record<number, string> = { 2: 'Unknown', 4: 'DeadlineExceeded', 5: 'NotFound', 14: 'Unavailable' }
  return `rpc error: code = ${names[error.code] ?? `Code(${error.code})`} desc = ${error.message}`
}

/** `10s`, `1m20s`, `5m0s`. */
export function goDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
