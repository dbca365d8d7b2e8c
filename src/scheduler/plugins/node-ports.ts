/** Host ports are exclusive on a node. */
import { hostPortsOf, portsCollide } from '../../api/host-ports.ts'
import { type FilterPlugin, filterBy, skip, unfit } from './plugin.ts'

export const nodePorts: FilterPlugin = {
  name: 'NodePorts',
  prepare(pod) {
    const wanted = hostPortsOf(pod)
    if (wanted.length === 0) return skip
    return filterBy((node) => {
      const taken = wanted.some((port) => node.hostPorts.some((used) => portsCollide(port, used)))
      return taken ? unfit("node(s) didn't have free ports for the requested pod ports") : undefined
    })
  },
}
