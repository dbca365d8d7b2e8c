/** What this process may do, from `/proc/self/status` (capabilities(7)). */
import type { Disk } from '../../platform/disk.ts'

/** Bit numbers of linux/capability.h, of those a node needs. */
const bits = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_CHROOT: 18,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_MKNOD: 27,
} as const

export type Capability = keyof typeof bits

/** @returns those of `wanted` that are not in effect */
export async function missingCapabilities(disk: Disk, wanted: readonly Capability[]): Promise<Capability[]> {
  const effective = effectiveCapabilities(await disk.readText('/proc/self/status'))
  return wanted.filter((name) => ((effective >> BigInt(bits[name])) & 1n) === 0n)
}

export async function hasCapability(disk: Disk, name: Capability): Promise<boolean> {
  return (await missingCapabilities(disk, [name])).length === 0
}

/** Exported for tests. @param status the text of `/proc/<pid>/status` */
export function effectiveCapabilities(status: string): bigint {
  const field = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  if (field === undefined) throw new Error('read capabilities: /proc/self/status has no line CapEff')
  return BigInt(`0x${field}`)
}
