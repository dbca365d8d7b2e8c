/** Our long-running roles as processes of this machine: started detached, found again by pid file, ended politely. */
import { dirname } from 'node:path'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Exec } from '../platform/exec.ts'
import { type ClusterConfig, paths } from './config.ts'

export type Role = 'server' | 'agent'

export interface ProcessParts {
  clock: Clock
  disk: Disk
  exec: Exec
}

/** A stopped role has this long for a graceful end before it is killed. */
const stopTimeoutMs = 15_000
const pollMs = 20

/** The role's process id when it runs: the pid file's process exists and is ours. */
export async function runningPid(
  { disk, exec }: Pick<ProcessParts, 'disk' | 'exec'>,
  config: ClusterConfig,
  role: Role,
): Promise<number | undefined> {
  const text = await readIfThere(disk, paths(config).pidOf(role))
  const pid = Number(text?.trim())
  if (!Number.isInteger(pid) || pid <= 1 || !exec.alive(pid)) return undefined
  const words = (await readIfThere(disk, `/proc/${pid}/cmdline`))?.split('\0') ?? []
  return words.includes(role) && words.some(isProgram) ? pid : undefined
}

/** Node running our command line, or for its first moments the shell of `bin/k8ts` that turns into it. */
function isProgram(word: string): boolean {
  return word.includes('cli/main.') || word.endsWith('/bin/k8ts')
}

/** Starts the role detached, its output in the log file. Does not wait for it to be ready. */
export async function startRole(
  { disk, exec }: ProcessParts,
  {
    config,
    role,
    program,
    more = [],
  }: { config: ClusterConfig; role: Role; program: string; more?: readonly string[] },
): Promise<number> {
  const { logOf, pidOf } = paths(config)
  await disk.makeDirectory(dirname(logOf(role)), 0o700)
  await disk.makeDirectory(dirname(pidOf(role)), 0o711)
  const started = await exec.spawn([program, role, ...roleArguments(config), ...more], {
    detached: true,
    logPath: logOf(role),
  })
  await disk.write(pidOf(role), `${started.pid}\n`)
  return started.pid
}

function roleArguments(config: ClusterConfig): string[] {
  const { home, nodeName, nodeAddress, cloudProvider, loadBalancerPool } = config
  return [
    ...['--home', home, '--node-name', nodeName, '--node-address', nodeAddress],
    ...(cloudProvider ? ['--cloud-provider', cloudProvider] : []),
    ...(loadBalancerPool ? ['--load-balancer-pool', loadBalancerPool] : []),
  ]
}

/** SIGTERM, then SIGKILL when it takes too long. Resolves when it is gone. */
export async function stopRole(parts: ProcessParts, config: ClusterConfig, role: Role): Promise<boolean> {
  const { clock, disk, exec } = parts
  const pid = await runningPid(parts, config, role)
  if (pid !== undefined) {
    exec.signal(pid, 'SIGTERM')
    const deadlineMs = clock.monotonicMs() + stopTimeoutMs
    // An ended process that nobody waits for stays alive to `kill`, as in a container without an init.
    while ((await runningPid(parts, config, role)) === pid) {
      if (clock.monotonicMs() > deadlineMs) exec.signal(pid, 'SIGKILL')
      await clock.sleep(pollMs)
    }
  }
  await disk.remove(paths(config).pidOf(role))
  return pid !== undefined
}

/** The last lines of a role's log, for a message about why it did not start. */
export async function logTail(disk: Disk, config: ClusterConfig, role: Role, lines = 15): Promise<string> {
  const text = (await readIfThere(disk, paths(config).logOf(role))) ?? ''
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}

async function readIfThere(disk: Disk, path: string): Promise<string | undefined> {
  try {
    return await disk.readText(path)
  } catch {
    return undefined
  }
}
