/** Prefers nodes that have the pod's images already, weighed by their size and by how many nodes have them. */
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
    const spreads = wanted.map((image) => snapshot.nodesWithImage(image) / Math.max(1, snapshot.nodes.length))
    if (spreads.every((spread) => spread === 0)) return undefined
    const maxBytes = sizeMaxBytesPerContainer * Math.max(1, containers.length)
    return nodes.map((node) => {
      let sum = 0
      for (const [index, image] of wanted.entries()) sum += (node.images.get(image) ?? 0) * (spreads[index] ?? 0)
      const bounded = Math.min(Math.max(sum, sizeMinBytes), maxBytes)
      return Math.floor(((bounded - sizeMinBytes) * 100) / (maxBytes - sizeMinBytes))
    })
  },
}

function normalizedName(image: string): string {
  const tail = image.slice(image.lastIndexOf('/') + 1)
  return tail.includes(':') || tail.includes('@') ? image : `${image}:latest`
}
