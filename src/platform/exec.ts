/** Processes as a dependency. Always an argv array, never a shell. */
export interface ExecOptions {
  /** Written to standard input, which is then closed. */
  input?: string | Uint8Array
  /** Added to the environment. */
  env?: Record<string, string>
  cwd?: string
  /** Kills the process (SIGKILL) after this long. Default 30,000. */
  timeoutMs?: number
  signal?: AbortSignal
}

export interface ExecResult {
  exitCode: number
  stdout: string
  stderr: string
}

export interface SpawnOptions {
  env?: Record<string, string>
  cwd?: string
  /** File that takes standard output and error (appended). Default: discarded. */
  logPath?: string
  /** Survives this process in a session of its own. Default false: it is killed when this process exits. */
  detached?: boolean
}

export interface RunningProcess {
  pid: number
  /** Resolves with the exit code (128 + n for signal n) once it ended. */
  exited: Promise<number>
  kill(signal?: 'SIGTERM' | 'SIGKILL' | 'SIGHUP' | 'SIGUSR1'): void
}

export interface Exec {
  /** Runs to its end. A non-zero exit is a result, not an error; a missing program rejects with code 'ENOENT'. */
  run(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>
  spawn(argv: readonly [string, ...string[]], options?: SpawnOptions): Promise<RunningProcess>
  /** Runs to its end on this process's own terminal and files; signals reach it too. Resolves with the exit code. */
  attach(argv: readonly [string, ...string[]], options?: Pick<ExecOptions, 'env' | 'cwd'>): Promise<number>
  /** Whether a process with this id exists. */
  alive(pid: number): boolean
  signal(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGHUP' | 'SIGUSR1'): void
}
