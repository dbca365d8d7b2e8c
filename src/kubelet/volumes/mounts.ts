/**
 * The mounts of one container: its volumes with sub-paths, the hosts file and the termination message file.
 * Source: https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
 */
import { dirname, join, normalize } from 'node:path'
import type { Container, Pod, VolumeMount } from '../../api/types/core/v1.ts'
import type { Disk } from '../../platform/disk.ts'
import { nameSuffix, type Random } from '../../platform/random.ts'
import type { CriMount } from '../cri/message.ts'
import { expand } from '../pod/expand.ts'
import { uidOf } from '../pod/names.ts'
import type { MountedVolume } from './manager.ts'
import type { PodPaths } from './paths.ts'

export interface MountParts {
  disk: Disk
  random: Random
  paths: PodPaths
}

export interface MountFacts {
  volumes: ReadonlyMap<string, MountedVolume>
  environment: ReadonlyMap<string, string>
  /** Content of /etc/hosts; undefined: the container keeps the image's or runtime's. */
  hosts: string | undefined
}

const propagations = {
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
} as const

export async function containerMounts(
  parts: MountParts,
  pod: Pod,
  container: Container,
  facts: MountFacts,
): Promise<CriMount[]> {
  const mounts: CriMount[] = []
  for (const mount of container.volumeMounts ?? []) {
    const volume = facts.volumes.get(mount.name)
    if (!volume) throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
    mounts.push({
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      hostPath: await sourcePath(parts.disk, mount, volume, facts.environment),
      readonly: mount.readOnly === true || volume.readOnly,
      propagation: propagations[mount.mountPropagation as keyof typeof propagations] ?? 'PROPAGATION_PRIVATE',
    })
  }
  if (facts.hosts !== undefined && !mounts.some(({ containerPath }) => containerPath === '/etc/hosts'))
    mounts.push(await hostsMount(parts, pod, facts.hosts, container))
  if (container.terminationMessagePath) mounts.push(await messageMount(parts, pod, container))
  return mounts
}

async function sourcePath(
  disk: Disk,
  mount: VolumeMount,
  volume: MountedVolume,
  environment: ReadonlyMap<string, string>,
): Promise<string> {
  const subPath = mount.subPathExpr ? expandAll(mount.subPathExpr, environment) : (mount.subPath ?? '')
  if (subPath === '') return volume.hostPath
  if (subPath.startsWith('/') || normalize(subPath).startsWith('..'))
    throw new Error(`error SubPath \`${subPath}\` must not be an absolute path or contain '..'`)
  const root = await disk.realPath(volume.hostPath)
  const path = join(root, subPath)
  if (!(await exists(disk, path))) await disk.makeDirectory(path, (await disk.stat(root))?.mode ?? 0o755)
  const real = await disk.realPath(path)
  if (real !== root && !real.startsWith(`${root}/`))
    throw new Error(`failed to prepare subPath for volumeMount "${mount.name}": the path leaves the volume`)
  return real
}

function expandAll(text: string, environment: ReadonlyMap<string, string>): string {
  return expand(text, (name) => {
    const value = environment.get(name)
    if (value === undefined) throw new Error(`missing value for "${name}"`)
    return value
  })
}

async function exists(disk: Disk, path: string): Promise<boolean> {
  return disk.realPath(path).then(
    () => true,
    () => false,
  )
}

async function hostsMount(
  { disk, paths }: MountParts,
  pod: Pod,
  content: string,
  container: Container,
): Promise<CriMount> {
  const hostPath = paths.hostsFile(uidOf(pod))
  await disk.makeDirectory(dirname(hostPath))
  const current = await disk.readText(hostPath).catch(() => undefined)
  if (current !== content) await disk.write(hostPath, content, { mode: 0o644, durable: false })
  const readonly = container.securityContext?.readOnlyRootFilesystem === true
  return { containerPath: '/etc/hosts', hostPath, readonly }
}

async function messageMount({ disk, random, paths }: MountParts, pod: Pod, container: Container): Promise<CriMount> {
  const hostPath = paths.terminationMessage(uidOf(pod), container.name, nameSuffix(random, 8))
  await disk.makeDirectory(dirname(hostPath))
  await disk.write(hostPath, '', { mode: 0o600, durable: false })
  await disk.chmod(hostPath, 0o666)
  return { containerPath: container.terminationMessagePath, hostPath }
}
