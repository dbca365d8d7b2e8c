/** Ports that containers of one pod say twice: legal, but only one of them can be meant. */
import type { ContainerPort, PodSpec } from '../../../api/types/core/v1.ts'

interface SaidPort {
  path: string
  port: ContainerPort
}

export function portWarnings(at: string, { containers, initContainers = [] }: PodSpec): string[] {
  const warnings: string[] = []
  const seen: SaidPort[] = []
  for (const [list, all] of [
    ['initContainers', initContainers],
    ['containers', containers],
  ] as const) {
    for (const [index, { ports = [], restartPolicy }] of all.entries()) {
      // What runs before the others shares no time with them.
      if (list === 'initContainers' && restartPolicy !== 'Always') continue
      for (const [number, port] of ports.entries()) {
        const said = { path: `${at}.${list}[${index}].ports[${number}]`, port }
        warnings.push(...clashes(said, seen))
        seen.push(said)
      }
    }
  }
  return warnings
}

function clashes({ path, port }: SaidPort, seen: readonly SaidPort[]): string[] {
  const warnings: string[] = []
  const sameName = port.name ? seen.find((other) => other.port.name === port.name) : undefined
  if (sameName && !path.startsWith(parentOf(sameName.path))) {
    const first = sameName.path
    warnings.push(
      `${path}: duplicate port name ${JSON.stringify(port.name)} with ${first}, services and probes that select ports by name will use ${first}`,
    )
  }
  const samePort = seen.find(
    (other) => other.port.containerPort === port.containerPort && protocolOf(other.port) === protocolOf(port),
  )
  if (!samePort) return warnings
  const identical = samePort.port.hostPort === port.hostPort && samePort.port.hostIP === port.hostIP
  return [...warnings, `${path}: ${identical ? 'duplicate' : 'overlapping'} port definition with ${samePort.path}`]
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.ports['))
}

function protocolOf({ protocol }: ContainerPort): string {
  return protocol ?? 'TCP'
}
