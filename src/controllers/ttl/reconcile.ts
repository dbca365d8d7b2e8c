/** Tells each node, in an annotation, how long its kubelet may keep Secrets and ConfigMaps. */
import { coreV1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { stepFor, ttlSecondsOf } from './plan.ts'

const annotation = 'node.alpha.kubernetes.io/ttl'

export function ttlController({ client, informers }: ControllerParts): Controller {
  const nodes = informers.of(coreV1.nodes)
  let count = 0
  let step = 0
  return {
    name: 'ttl-controller',
    sources: [
      source(nodes, ({ type, object }) => {
        if (type !== 'updated') count += type === 'added' ? 1 : -1
        step = stepFor(count, step)
        // As upstream's, a step reaches the nodes with their next heartbeat: not all are written to at once.
        return type === 'deleted' ? [] : [object.metadata.name ?? '']
      }),
    ],
    async reconcile(name) {
      const node = nodes.get(name)
      const ttl = String(ttlSecondsOf(step))
      if (!node || node.metadata.annotations?.[annotation] === ttl) return done
      const patch = { metadata: { annotations: { [annotation]: ttl } } }
      await ifThere(client.of(coreV1.nodes).patch(name, { type: 'strategic', patch }))
      return done
    },
  }
}
