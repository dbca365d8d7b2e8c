/**
 * Defaults of pods that depend on other fields, or that the static ones of the schema leave open. Each changes its
 * argument in place, is idempotent, and takes a zero value for an absent one, as clients written in Go send them.
 * Source: core/v1's documented defaults, https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting.
 */

import { roundedUpToMilli } from '../quantity.ts'
import type {
  Container,
  EnvVar,
  EphemeralContainer,
  LifecycleHandler,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
  Volume,
  VolumeProjection,
} from '../types/core/v1.ts'
import { defaultPodLevelResources } from './pod-resources.ts'
import { defaultClaimSpec } from './storage.ts'

const graceSeconds = 30
const volumeMode = 0o644
const tokenSeconds = 3600

export function defaultPod(pod: Pod): void {
  pod.spec ??= { containers: [] }
  const spec = pod.spec
  defaultPodSpec(spec)
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) requestsFromLimits(container)
  if (spec.resources) defaultPodLevelResources(pod)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork) {
    for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) hostPorts(container)
  }
  pod.status ??= {}
  pod.status.phase ||= 'Pending'
}

/** For pods and for templates alike. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= graceSeconds
  spec.schedulerName ||= 'default-scheduler'
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers]) {
    for (const container of list ?? []) defaultContainer(container)
  }
  if (spec.overhead) roundUp(spec.overhead)
}

export function defaultPodTemplate(template: PodTemplateSpec): void {
  template.metadata ??= {}
  template.spec ??= { containers: [] }
  defaultPodSpec(template.spec)
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= pullPolicyFor(container.image ?? '')
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  container.resources ??= {}
  for (const port of container.ports ?? []) port.protocol ||= 'TCP'
  for (const variable of container.env ?? []) defaultEnv(variable)
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) defaultProbe(probe)
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
    if (handler) defaultHandler(handler)
  }
  const { limits, requests } = container.resources
  if (limits) roundUp(limits)
  if (requests) roundUp(requests)
}

/** `latest`, said or implied, is pulled always; every other tag and every digest once. */
export function pullPolicyFor(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^:/]+)$/.exec(image)?.[1]
  if (!isReference(image)) return 'IfNotPresent'
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

/** The grammar of image references; what it refuses has no tag. */
function isReference(image: string): boolean {
  const name = image.replace(/:([\w][\w.-]{0,127})$/, '')
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const hasDomain = first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase()
  if (
    hasDomain &&
    !/^([a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(:\d+)?$/.test(first)
  )
    return false
  const path = hasDomain ? name.slice(slash + 1) : name
  const withDomain = hasDomain ? name : `docker.io/${path.includes('/') ? path : `library/${path}`}`
  return (
    withDomain.length <= 255 &&
    /^[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)*$/.test(path)
  )
}

function defaultEnv(variable: EnvVar): void {
  const from = variable.valueFrom
  if (from?.fieldRef) from.fieldRef.apiVersion ||= 'v1'
  if (from?.resourceFieldRef) from.resourceFieldRef.divisor ||= '0'
  if (from?.fileKeyRef) from.fileKeyRef.optional ??= false
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.grpc) probe.grpc.service ??= ''
  defaultHandler(probe)
}

function defaultHandler(handler: Pick<LifecycleHandler, 'httpGet'>): void {
  if (!handler.httpGet) return
  handler.httpGet.path ||= '/'
  handler.httpGet.scheme ||= 'HTTP'
}

const volumeMetadata = new Set(['name'])

function defaultVolume(volume: Volume): void {
  const sources = Object.entries(volume).filter(([field, source]) => !volumeMetadata.has(field) && source)
  if (sources.length === 0) volume.emptyDir = {}
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (source) source.defaultMode ??= volumeMode
  }
  if (volume.hostPath) volume.hostPath.type ??= ''
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= 'default'
  if (volume.rbd) {
    volume.rbd.pool ||= 'rbd'
    volume.rbd.user ||= 'admin'
    volume.rbd.keyring ||= '/etc/ceph/keyring'
  }
  if (volume.scaleIO) {
    volume.scaleIO.storageMode ||= 'ThinProvisioned'
    volume.scaleIO.fsType ||= 'xfs'
  }
  defaultAzureDisk(volume)
  for (const file of volume.downwardAPI?.items ?? []) defaultDownwardFile(file)
  for (const source of volume.projected?.sources ?? []) defaultProjection(source)
  const template = volume.ephemeral?.volumeClaimTemplate
  if (template) {
    template.metadata ??= {}
    template.spec ??= {}
    defaultClaimSpec(template.spec)
  }
  if (volume.image) volume.image.pullPolicy ||= pullPolicyFor(volume.image.reference ?? '')
}

function defaultAzureDisk({ azureDisk }: Volume): void {
  if (!azureDisk) return
  azureDisk.cachingMode ??= 'ReadWrite'
  azureDisk.kind ??= 'Shared'
  azureDisk.fsType ??= 'ext4'
  azureDisk.readOnly ??= false
}

function defaultProjection(source: VolumeProjection): void {
  if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= tokenSeconds
  for (const file of source.downwardAPI?.items ?? []) defaultDownwardFile(file)
}

function defaultDownwardFile(file: {
  fieldRef?: { apiVersion?: string }
  resourceFieldRef?: { divisor?: string }
}): void {
  if (file.fieldRef) file.fieldRef.apiVersion ||= 'v1'
  if (file.resourceFieldRef) file.resourceFieldRef.divisor ||= '0'
}

function requestsFromLimits(container: Container): void {
  const resources = container.resources
  if (!resources?.limits) return
  resources.requests ??= {}
  for (const [name, quantity] of Object.entries(resources.limits)) resources.requests[name] ??= quantity
}

function hostPorts(container: Container): void {
  for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
}

/** Nothing finer than thousandths is kept. */
export function roundUp(list: Record<string, string>): void {
  for (const [name, quantity] of Object.entries(list)) {
    if (/[nu]$|\.|[eE]-/.test(quantity)) list[name] = roundedUpToMilli(quantity)
  }
}
