/** Prefers nodes that have the pod's images already, weighed by their size and by how many nodes have them. */
import type { NodeInfo } from '../node-info.ts'
import type { ScorePlugin } from './plugin.ts'

const mebibyte = 1024 * 1024
const sizeMinBytes = 23 * mebibyte
const sizeMaxBytesPerContainer = 1000 * mebibyte

export const imageLocality: ScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  score(pod, nodes, snapshot) {
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
    const wanted = containers.map((container) => normalizedName(container.image ?? ''))
    const nodesWith = new Map<string, number>()
    for (const image of new Set(wanted)) {
      nodesWith.set(image, snapshot.nodes.filter((node) => imageSizeBytes(node, image) !== undefined).length)
    }
    const maxBytes = sizeMaxBytesPerContainer * Math.max(1, containers.length)
    return nodes.map((node) => {
      let sum = 0
      for (const image of wanted) {
        const spread = (nodesWith.get(image) ?? 0) / Math.max(1, snapshot.nodes.length)
        sum += (imageSizeBytes(node, image) ?? 0) * spread
      }
      const bounded = Math.min(Math.max(sum, sizeMinBytes), maxBytes)
      return Math.floor(((bounded - sizeMinBytes) * 100) / (maxBytes - sizeMinBytes))
    })
  },
}

function imageSizeBytes(node: NodeInfo, image: string): number | undefined {
  return node.node.status?.images?.find((known) => known.names?.includes(image))?.sizeBytes
}

function normalizedName(image: string): string {
  const tail = image.slice(image.lastIndexOf('/') + 1)
  return tail.includes(':') || tail.includes('@') ? image : `${image}:latest`
}
