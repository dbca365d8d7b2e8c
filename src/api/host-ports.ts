/** Ports of its node that a pod claims. Source: https://kubernetes.io/docs/concepts/services-networking/. */
import type { Pod } from './types/core/v1.ts'

const anyAddress = '0.0.0.0'

export interface HostPort {
  /** `0.0.0.0`: every address of the node. */
  ip: string
  protocol: string
  port: number
}

/** Of containers that run all along: sidecars are among them, other init containers are not. */
export function hostPortsOf(pod: Pod): HostPort[] {
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...sidecars, ...(pod.spec?.containers ?? [])].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, protocol = 'TCP', hostIP }) =>
      hostPort ? [{ ip: hostIP || anyAddress, protocol, port: hostPort }] : [],
    ),
  )
}

/** Two claims collide when port and protocol are equal and the addresses are, or one means all addresses. */
export function portsCollide(one: HostPort, other: HostPort): boolean {
  if (one.port !== other.port || one.protocol !== other.protocol) return false
  return one.ip === other.ip || one.ip === anyAddress || other.ip === anyAddress
}
