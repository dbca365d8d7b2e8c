/** The checks of the baseline level: known ways from a pod to its node are shut. In the order of their upstream names, each with the versions from which it holds. */
import {
  type Check,
  type CheckedContainer,
  containersOf,
  distinctSorted,
  hasOwnUsers,
  named,
  plural,
  quoted,
  settersOf,
  type VersionedCheck,
} from './violation.ts'

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

const appArmorProfile: Check = (pod) => {
  const setters = settersOf(pod, ({ appArmorProfile: profile }) =>
    profile?.type === 'Unconfined' ? [profile.type] : [],
  )
  const annotations = Object.entries(pod.annotations)
    .filter(([name, value]) => name.startsWith(appArmorPrefix) && !/^($|runtime\/default$|localhost\/)/.test(value))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .sort()
  if (!setters && annotations.length === 0) return undefined
  const values = [...(setters?.values ?? []), ...annotations]
  const who = [
    ...(setters ? [setters.text] : []),
    ...(annotations.length > 0 ? [plural('annotation', annotations.length)] : []),
  ]
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const defaultCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

const capabilitiesBaseline: Check = ({ spec }) => {
  const found = addedBeyond(containersOf(spec), defaultCapabilities)
  return found === undefined ? undefined : { reason: 'non-default capabilities', detail: found }
}

/** What containers add beyond the allowed capabilities, in words; undefined when they add nothing. */
export function addedBeyond(containers: readonly CheckedContainer[], allowed: ReadonlySet<string>): string | undefined {
  const added = containers
    .map(({ name, securityContext }) => ({
      name,
      capabilities: (securityContext?.capabilities?.add ?? []).filter((one) => !allowed.has(one)),
    }))
    .filter(({ capabilities }) => capabilities.length > 0)
  if (added.length === 0) return undefined
  const names = added.map(({ name }) => name)
  const capabilities = distinctSorted(added.flatMap((one) => one.capabilities))
  return `${named('container', names)} must not include ${quoted(capabilities)} in securityContext.capabilities.add`
}

const hostNamespaces: Check = ({ spec }) => {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name])
  if (shared.length === 0) return undefined
  return { reason: 'host namespaces', detail: shared.map((name) => `${name}=true`).join(', ') }
}

const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name)
  return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: named('volume', names) }
}

const hostPorts: Check = ({ spec }) => {
  const using = containersOf(spec).filter(({ ports = [] }) => ports.some(({ hostPort }) => hostPort))
  if (using.length === 0) return undefined
  const ports = distinctSorted(
    using.flatMap(({ ports: own = [] }) => own.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))),
  )
  const names = using.map(({ name }) => name)
  const uses = names.length === 1 ? 'uses' : 'use'
  return {
    reason: 'hostPort',
    detail: `${named('container', names)} ${uses} ${plural('hostPort', ports.length)} ${ports.join(', ')}`,
  }
}

const hostProbes: Check = ({ spec }) => {
  const using = containersOf(spec)
    .map((container) => ({ name: container.name, hosts: hostsOf(container) }))
    .filter(({ hosts }) => hosts.length > 0)
  if (using.length === 0) return undefined
  const names = using.map(({ name }) => name)
  const hosts = distinctSorted(using.flatMap((one) => one.hosts))
  const uses = names.length === 1 ? 'uses' : 'use'
  const what = `${plural('probe or lifecycle host', hosts.length)} ${quoted(hosts)}`
  return { reason: 'probe or lifecycle host', detail: `${named('container', names)} ${uses} ${what}` }
}

function hostsOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: CheckedContainer): string[] {
  const handlers = [livenessProbe, readinessProbe, startupProbe, lifecycle?.preStop, lifecycle?.postStart]
  return handlers.flatMap(
    (handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => !!host) as string[],
  )
}

const privileged: Check = ({ spec }) => {
  const names = containersOf(spec)
    .filter(({ securityContext }) => securityContext?.privileged)
    .map(({ name }) => name)
  if (names.length === 0) return undefined
  return { reason: 'privileged', detail: `${named('container', names)} must not set securityContext.privileged=true` }
}

export const procMount: Check = ({ spec }) => {
  const using = containersOf(spec).filter(
    ({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default',
  )
  if (using.length === 0) return undefined
  const values = distinctSorted(using.map(({ securityContext }) => securityContext?.procMount ?? ''))
  const names = using.map(({ name }) => name)
  return {
    reason: 'procMount',
    detail: `${named('container', names)} must not set securityContext.procMount to ${quoted(values)}`,
  }
}

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t']

function seLinuxOptions(allowed: readonly string[]): Check {
  return (pod) => {
    const types = settersOf(pod, ({ seLinuxOptions: options }) => {
      const type = options?.type ?? ''
      return allowed.includes(type) ? [] : [type]
    })
    const parts = (['user', 'role'] as const).filter((part) =>
      settersOf(pod, ({ seLinuxOptions: options }) => (options?.[part] ? [part] : [])),
    )
    const anyone = settersOf(pod, ({ seLinuxOptions: options }) => {
      const isBad = !allowed.includes(options?.type ?? '') || options?.user || options?.role
      return isBad ? ['set'] : []
    })
    if (!anyone) return undefined
    const bad = [...(types ? [named('type', types.values)] : []), ...parts.map((part) => `${part} may not be set`)]
    return {
      reason: 'seLinuxOptions',
      detail: `${anyone.text} set forbidden securityContext.seLinuxOptions: ${bad.join('; ')}`,
    }
  }
}

const seccompPodAnnotation = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/'

/** Before there were fields for it. */
const seccompAnnotations: Check = ({ annotations, spec }) => {
  const names = [seccompPodAnnotation, ...containersOf(spec).map(({ name }) => seccompContainerPrefix + name)]
  const bad = names
    .filter((name) => annotations[name] !== undefined)
    .filter((name) => !/^(runtime\/default$|docker\/default$|localhost\/)/.test(annotations[name] ?? ''))
    .map((name) => `${name}=${JSON.stringify(annotations[name])}`)
  if (bad.length === 0) return undefined
  const detail = `forbidden ${plural('annotation', new Set(bad).size)} ${distinctSorted(bad).join(', ')}`
  return { reason: 'seccompProfile', detail }
}

const seccompFields: Check = (pod) => {
  const setters = settersOf(pod, ({ seccompProfile }) =>
    seccompProfile?.type === 'Unconfined' ? [seccompProfile.type] : [],
  )
  if (!setters) return undefined
  const detail = `${setters.text} must not set securityContext.seccompProfile.type to ${quoted(setters.values)}`
  return { reason: 'seccompProfile', detail }
}

const safeSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
]
const safeSysctls27 = [...safeSysctls, 'net.ipv4.ip_local_reserved_ports']
const safeSysctls29 = [
  ...safeSysctls27,
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
]
const safeSysctls32 = [...safeSysctls29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']

function sysctls(safe: readonly string[]): Check {
  return ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !safe.includes(name))
    return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') }
  }
}

const windowsHostProcess: Check = (pod) => {
  const setters = settersOf(pod, ({ windowsOptions }) => (windowsOptions?.hostProcess ? ['true'] : []))
  return (
    setters && {
      reason: 'hostProcess',
      detail: `${setters.text} must not set securityContext.windowsOptions.hostProcess=true`,
    }
  )
}

/** In a user namespace of its own a pod harms nobody by what it sees of processes. */
const procMountUnlessOwnUsers: Check = (pod) => (hasOwnUsers(pod) ? undefined : procMount(pod))

export const baselineChecks: readonly VersionedCheck[] = [
  { id: 'appArmorProfile', since: { 0: appArmorProfile } },
  { id: 'capabilities_baseline', since: { 0: capabilitiesBaseline } },
  { id: 'hostNamespaces', since: { 0: hostNamespaces } },
  { id: 'hostPathVolumes', since: { 0: hostPathVolumes } },
  { id: 'hostPorts', since: { 0: hostPorts } },
  { id: 'hostProbesAndHostLifecycle', since: { 34: hostProbes } },
  { id: 'privileged', since: { 0: privileged } },
  { id: 'procMount', since: { 0: procMount, 35: procMountUnlessOwnUsers } },
  {
    id: 'seLinuxOptions',
    since: { 0: seLinuxOptions(seLinuxTypes), 31: seLinuxOptions([...seLinuxTypes, 'container_engine_t']) },
  },
  { id: 'seccompProfile_baseline', since: { 0: seccompAnnotations, 19: seccompFields } },
  {
    id: 'sysctls',
    since: {
      0: sysctls(safeSysctls),
      27: sysctls(safeSysctls27),
      29: sysctls(safeSysctls29),
      32: sysctls(safeSysctls32),
    },
  },
  { id: 'windowsHostProcess', since: { 0: windowsHostProcess } },
]
