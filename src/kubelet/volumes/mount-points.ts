/** Where something is mounted, as this process sees it. Source: `proc_pid_mountinfo(5)`, `fstab(5)`. */
import type { Disk } from '../../platform/disk.ts'

/** In the order of mounting; empty where the kernel does not tell. */
export async function mountPoints(disk: Pick<Disk, 'readText'>): Promise<string[]> {
  const text = await disk.readText('/proc/self/mounts').catch(() => '')
  return text.split('\n').map((line) => unescaped(line.split(' ')[1] ?? ''))
}

/** White space and backslashes stand as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
