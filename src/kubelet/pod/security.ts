/**
 * Security contexts of pod and container merged and put in CRI's terms. The container's own settings win over the pod's.
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
import type { Container, Pod, PodSecurityContext, SeccompProfile, SecurityContext } from '../../api/types/core/v1.ts'
import type {
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  Message,
  NamespaceOption,
} from '../cri/message.ts'
import { usesHostNetwork } from './spec.ts'

type SecurityProfile = Message<'SecurityProfile'>

/** Paths of /proc and /sys hidden from, or read-only in, a container that is not privileged (procMount Default). */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

export function namespaceOptions(pod: Pod, targetContainerId?: string): NamespaceOption {
  const spec = pod.spec
  const options: NamespaceOption = {
    network: usesHostNetwork(pod) ? 'NODE' : 'POD',
    ipc: spec?.hostIPC ? 'NODE' : 'POD',
    pid: spec?.hostPID ? 'NODE' : spec?.shareProcessNamespace ? 'POD' : 'CONTAINER',
  }
  return targetContainerId ? { ...options, pid: 'TARGET', targetId: targetContainerId } : options
}

export function sandboxSecurity(pod: Pod): LinuxSandboxSecurityContext {
  const context = pod.spec?.securityContext ?? {}
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  const security: LinuxSandboxSecurityContext = {
    privileged: containers.some((container) => container.securityContext?.privileged === true),
    namespaceOptions: namespaceOptions(pod),
    seccomp: { profileType: 'RuntimeDefault' },
  }
  if (context.runAsUser !== undefined) security.runAsUser = { value: context.runAsUser }
  if (context.runAsGroup !== undefined && context.runAsUser !== undefined)
    security.runAsGroup = { value: context.runAsGroup }
  const groups = supplementalGroups(context)
  if (groups.length > 0) security.supplementalGroups = groups
  if (context.seLinuxOptions) security.selinuxOptions = context.seLinuxOptions
  return security
}

export interface ImageUser {
  uid: number | undefined
  username: string
}

export interface SecurityFacts {
  user: ImageUser
  /** Where Localhost seccomp profiles live. */
  profileRoot: string
  /** Containers that name no seccomp profile get the runtime's own. */
  seccompDefault: boolean
  targetContainerId?: string
}

export function containerSecurity(
  pod: Pod,
  container: Container,
  { user, profileRoot, seccompDefault, targetContainerId }: SecurityFacts,
): LinuxContainerSecurityContext {
  const context = effectiveContext(pod, container)
  const podContext = pod.spec?.securityContext ?? {}
  const privileged = context.privileged === true
  const security: LinuxContainerSecurityContext = {
    namespaceOptions: namespaceOptions(pod, targetContainerId),
    privileged,
    readonlyRootfs: context.readOnlyRootFilesystem === true,
    noNewPrivs: context.allowPrivilegeEscalation === false,
    seccomp: securityProfile(
      context.seccompProfile ?? (seccompDefault ? { type: 'RuntimeDefault' } : undefined),
      profileRoot,
      privileged,
    ),
    apparmor: context.appArmorProfile && securityProfile(context.appArmorProfile, '', privileged),
    maskedPaths: context.procMount === 'Unmasked' || privileged ? [] : maskedPaths,
    readonlyPaths: context.procMount === 'Unmasked' || privileged ? [] : readonlyPaths,
  }
  if (context.runAsUser !== undefined) security.runAsUser = { value: context.runAsUser }
  else if (user.uid !== undefined) security.runAsUser = { value: user.uid }
  else if (user.username !== '') security.runAsUsername = user.username
  if (context.runAsGroup !== undefined) security.runAsGroup = { value: context.runAsGroup }
  const groups = supplementalGroups(podContext)
  if (groups.length > 0) security.supplementalGroups = groups
  if (context.capabilities) {
    const { add, drop } = context.capabilities
    security.capabilities = { addCapabilities: add, dropCapabilities: drop }
  }
  if (context.seLinuxOptions) security.selinuxOptions = context.seLinuxOptions
  return security
}

/** Why `runAsNonRoot` forbids the container, as the CreateContainerConfigError's message; undefined when it does not. */
export function rootRefusal(pod: Pod, container: Container, user: ImageUser): string | undefined {
  const context = effectiveContext(pod, container)
  if (context.runAsNonRoot !== true) return undefined
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`
  if (context.runAsUser !== undefined)
    return context.runAsUser === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined
  if (user.uid === 0) return `container has runAsNonRoot and image will run as root ${where}`
  if (user.uid === undefined && user.username !== '')
    return `container has runAsNonRoot and image has non-numeric user (${user.username}), cannot verify user is non-root ${where}`
  return user.uid === undefined ? `container has runAsNonRoot and image will run as root ${where}` : undefined
}

function effectiveContext(pod: Pod, container: Container): SecurityContext {
  const { runAsUser, runAsGroup, runAsNonRoot, seLinuxOptions, seccompProfile, appArmorProfile } =
    pod.spec?.securityContext ?? {}
  const inherited = { runAsUser, runAsGroup, runAsNonRoot, seLinuxOptions, seccompProfile, appArmorProfile }
  const set = Object.entries(inherited).filter(([, value]) => value !== undefined)
  const own = Object.entries(container.securityContext ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries([...set, ...own]) as SecurityContext
}

function supplementalGroups(context: PodSecurityContext): number[] {
  const groups = [...(context.supplementalGroups ?? [])]
  if (context.fsGroup !== undefined) groups.push(context.fsGroup)
  return groups
}

function securityProfile(
  profile: SeccompProfile | undefined,
  root: string,
  privileged: boolean,
): SecurityProfile | undefined {
  if (!profile || privileged) return { profileType: 'Unconfined' }
  switch (profile.type) {
    case 'RuntimeDefault':
      return { profileType: 'RuntimeDefault' }
    case 'Localhost':
      return {
        profileType: 'Localhost',
        localhostRef: `${root}${root === '' ? '' : '/'}${profile.localhostProfile ?? ''}`,
      }
    default:
      return { profileType: 'Unconfined' }
  }
}
