/** hostPath volumes: what each type demands. Source: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath */
import { dirname } from 'node:path'
import type { HostPathVolumeSource } from '../../api/types/core/v1.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Exec } from '../../platform/exec.ts'

/** Checks or makes the path; throws with upstream's text when it is not what the type says. */
export async function prepareHostPath(
  { disk, exec }: { disk: Disk; exec: Exec },
  source: HostPathVolumeSource,
): Promise<void> {
  const { path, type = '' } = source
  switch (type) {
    case '':
      return
    case 'DirectoryOrCreate':
      if (await is(exec, '-e', path)) return demand(await is(exec, '-d', path), `${path} is not a directory`)
      return disk.makeDirectory(path, 0o755)
    case 'FileOrCreate':
      if (await is(exec, '-e', path)) return demand(await is(exec, '-f', path), `${path} is not a file`)
      await disk.makeDirectory(dirname(path))
      return disk.write(path, '', { mode: 0o644, durable: false })
    case 'Directory':
      return demand(await is(exec, '-d', path), `${path} is not a directory`)
    case 'File':
      return demand(await is(exec, '-f', path), `${path} is not a file`)
    case 'Socket':
      return demand(await is(exec, '-S', path), `${path} is not a socket file`)
    case 'CharDevice':
      return demand(await is(exec, '-c', path), `${path} is not a character device`)
    case 'BlockDevice':
      return demand(await is(exec, '-b', path), `${path} is not a block device`)
    default:
      throw new Error(`${type} is an invalid volume type`)
  }
}

function demand(holds: boolean, refusal: string): void {
  if (!holds) throw new Error(`hostPath type check failed: ${refusal}`)
}

async function is(exec: Exec, test: string, path: string): Promise<boolean> {
  return (await exec.run(['test', test, path])).exitCode === 0
}
