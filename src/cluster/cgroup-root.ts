/** The cgroup that holds everything a cluster's containers use. */
import { createHash } from 'node:crypto'

/** Clusters with different homes keep apart on one machine. */
export function cgroupRoot(home: string): string {
  return `/k8ts-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`
}
