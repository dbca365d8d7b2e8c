/**
 * Mounts an image that containerd holds, for pods that take one as a volume: containerd itself mounts images from 2.1 on
 * only, and `ctr`, which comes with it, everywhere.
 */
import type { Exec } from '../../../platform/exec.ts'

export type MountImage = (id: string, directory: string) => Promise<void>

/** `directory` exists; what is mounted can be read only, and `umount` ends it. Rejects with what `ctr` says. */
export function imageMounter({ exec, socketPath }: { exec: Exec; socketPath: string }): MountImage {
  const ctr = (...args: string[]) => exec.run(['ctr', '--address', socketPath, '--namespace', 'k8s.io', ...args])
  return async (id, directory) => {
    // Left by a mount that ended with the machine; both are named after the directory.
    await ctr('snapshots', 'remove', directory)
    await ctr('leases', 'delete', directory)
    const { exitCode, stderr } = await ctr('images', 'mount', id, directory)
    if (exitCode !== 0) throw new Error(`mount image ${id}: ${stderr.trim()}`)
  }
}
