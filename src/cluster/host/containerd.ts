/**
 * Our own containerd: started detached, so that containers and their runtime outlive the agent; adopted by the next
 * agent; started again when it dies. Its shims keep the containers running meanwhile. A containerd of the machine has
 * other directories and another socket and is never touched.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Exec } from '../../platform/exec.ts'
import type { Logger } from '../../platform/log.ts'
import type { Net } from '../../platform/net.ts'
import { hasCapability } from './capabilities.ts'
import { containerdConfig } from './containerd-config.ts'
import { pauseImageName } from './images/pause-image.ts'
import type { HostPaths } from './paths.ts'
import { grpcAnswers } from './socket-health.ts'

export interface ContainerdOptions {
  clock: Clock
  disk: Disk
  exec: Exec
  net: Net
  log: Logger
  paths: HostPaths
  /** Default: the first of the usual directories that holds the `bridge` plugin. */
  cniBinDirectory?: string
  /** Called after containerd had died and answers again. */
  onRestart?: () => void
}

export interface Containerd {
  socketPath: string
  /** Process id of the running one. */
  readonly pid: number
  /** Whether it was running before: its containers may be too. */
  adopted: boolean
  /** Undefined when it answers, else what is wrong. */
  health(): Promise<string | undefined>
  /** Stops watching over it and leaves it running, as an agent does that ends. */
  release(): void
  /** Ends it; containers and shims stay. Resolves when the process is gone. */
  stop(): Promise<void>
}

const readyTimeoutMs = 30_000
const readyPollMs = 20
const watchPeriodMs = 250
/** Hangs are looked for every this many watch periods, and believed after the second in a row. */
const healthEveryPeriods = 40
const restartDelayMaxMs = 10_000
const stopTimeoutMs = 10_000
const logBytesMax = 16 * 1024 * 1024

/** Where distributions and upstream put the CNI plugins. */
export const cniBinDirectories = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'] as const

/**
 * Resolves once containerd answers.
 * Rejects when the program is missing (code 'ENOENT'), ends at once or does not answer within 30 s; the message names
 * the log file.
 */
export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  await writeConfig(options)
  const running = await findRunning(options)
  const supervisor = new Supervisor(options, running ?? (await launch(options)))
  return supervisor.watch(running !== undefined)
}

/** The process id of our running containerd, found by its pid file and its command line. */
export async function findRunning({ disk, exec, paths }: ContainerdOptions): Promise<number | undefined> {
  const pid = Number(await readIfThere(disk, paths.containerdPid))
  if (!Number.isInteger(pid) || pid <= 1 || !exec.alive(pid)) return undefined
  const commandLine = await readIfThere(disk, `/proc/${pid}/cmdline`)
  return commandLine.split('\0').includes(paths.containerdConfig) ? pid : undefined
}

async function writeConfig(options: ContainerdOptions): Promise<void> {
  const { disk, paths } = options
  for (const directory of [paths.containerdRoot, paths.registryDirectory, paths.cniConfigDirectory])
    await disk.makeDirectory(directory, 0o711)
  for (const directory of [paths.runDirectory, paths.logDirectory]) await disk.makeDirectory(directory, 0o711)
  const content = containerdConfig({
    paths,
    pauseImage: pauseImageName,
    cniBinDirectory: options.cniBinDirectory ?? (await findCniBinDirectory(disk)),
    restrictOomScoreAdj: !(await hasCapability(disk, 'CAP_SYS_RESOURCE')),
  })
  if ((await readIfThere(disk, paths.containerdConfig)) !== content)
    await disk.write(paths.containerdConfig, content, { mode: 0o600 })
}

/** The first directory that has the `bridge` plugin; the usual one when none has, for the error to name. */
export async function findCniBinDirectory(disk: Disk): Promise<string> {
  for (const directory of cniBinDirectories) if (await disk.stat(`${directory}/bridge`)) return directory
  return cniBinDirectories[0]
}

async function launch(options: ContainerdOptions): Promise<number> {
  const { clock, disk, exec, paths } = options
  await boundLog(disk, paths.containerdLog)
  await disk.remove(paths.containerdSocket)
  const started = await exec.spawn(['containerd', '--config', paths.containerdConfig], {
    detached: true,
    logPath: paths.containerdLog,
    env: { GOGC: '50' },
  })
  await disk.write(paths.containerdPid, String(started.pid), { durable: false })
  let exitCode: number | undefined
  void started.exited.then((code) => {
    exitCode = code
  })
  const deadlineMs = clock.monotonicMs() + readyTimeoutMs
  while (!(await grpcAnswers(options, paths.containerdSocket))) {
    if (exitCode !== undefined)
      throw new Error(`start containerd: it ended with exit code ${exitCode}, see ${paths.containerdLog}`)
    if (clock.monotonicMs() > deadlineMs) {
      started.kill('SIGKILL')
      throw new Error(`start containerd: no answer within ${readyTimeoutMs} ms, see ${paths.containerdLog}`)
    }
    await clock.sleep(readyPollMs)
  }
  return started.pid
}

async function boundLog(disk: Disk, path: string): Promise<void> {
  const info = await disk.stat(path)
  if (info && info.sizeBytes > logBytesMax) await disk.rename(path, `${path}.1`)
}

async function readIfThere(disk: Disk, path: string): Promise<string> {
  try {
    return await disk.readText(path)
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as { code?: string }).code ?? '')) return ''
    throw error
  }
}

/** Watches one process after the other. A poll instead of an exit event, because an adopted one is not our child. */
class Supervisor {
  readonly #options: ContainerdOptions
  #pid: number
  #cancel: () => void = () => {}
  #busy = false
  #periods = 0
  #unanswered = 0
  #failures = 0
  #notBeforeMs = 0

  constructor(options: ContainerdOptions, pid: number) {
    this.#options = options
    this.#pid = pid
  }

  watch(adopted: boolean): Containerd {
    const { clock, paths } = this.#options
    this.#cancel = clock.every(watchPeriodMs, () => void this.#look())
    const current = (): number => this.#pid
    return {
      socketPath: paths.containerdSocket,
      adopted,
      get pid() {
        return current()
      },
      health: () => this.#health(),
      release: () => this.#cancel(),
      stop: () => this.#stop(),
    }
  }

  async #health(): Promise<string | undefined> {
    const { exec, paths } = this.#options
    if (!exec.alive(this.#pid)) return 'containerd is not running'
    return (await grpcAnswers(this.#options, paths.containerdSocket)) ? undefined : 'containerd does not answer'
  }

  async #look(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      if (await this.#isDead()) await this.#restart()
    } catch (error) {
      this.#failures++
      const delayMs = Math.min(restartDelayMaxMs, 250 * 2 ** this.#failures)
      this.#notBeforeMs = this.#options.clock.monotonicMs() + delayMs
      this.#options.log.error('containerd could not be restarted', { error: String(error), delayMs })
    } finally {
      this.#busy = false
    }
  }

  async #isDead(): Promise<boolean> {
    const { clock, exec, log, paths } = this.#options
    if (clock.monotonicMs() < this.#notBeforeMs) return false
    if (!exec.alive(this.#pid)) return true
    if (++this.#periods % healthEveryPeriods !== 0) return false
    this.#unanswered = (await grpcAnswers(this.#options, paths.containerdSocket)) ? 0 : this.#unanswered + 1
    if (this.#unanswered < 2) return false
    log.warn('containerd hangs and is killed', { pid: this.#pid })
    this.#unanswered = 0
    exec.signal(this.#pid, 'SIGKILL')
    return true
  }

  async #restart(): Promise<void> {
    const { log, onRestart } = this.#options
    log.warn('containerd is gone and is started again', { pid: this.#pid })
    this.#pid = (await findRunning(this.#options)) ?? (await launch(this.#options))
    this.#failures = 0
    onRestart?.()
  }

  async #stop(): Promise<void> {
    const { clock, disk, exec, paths } = this.#options
    this.#cancel()
    if (exec.alive(this.#pid)) exec.signal(this.#pid, 'SIGTERM')
    const deadlineMs = clock.monotonicMs() + stopTimeoutMs
    while (exec.alive(this.#pid)) {
      if (clock.monotonicMs() > deadlineMs) exec.signal(this.#pid, 'SIGKILL')
      await clock.sleep(readyPollMs)
    }
    await disk.remove(paths.containerdPid)
  }
}
