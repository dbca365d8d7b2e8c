/** How simulated processes behave: a few shell words are understood, everything else runs until it is stopped. */
export interface SimulatedCommand {
  command: readonly string[]
  args: readonly string[]
}

export interface SimulatedExit {
  exitCode: number
  afterMs: number
}

/** Undefined: runs until stopped. */
export type ProcessScript = (command: SimulatedCommand) => SimulatedExit | undefined

/** Understands `true`, `false`, `exit N` and `sleep N`, alone, in `sh -c`, and in sequences of them. */
export function exitOf({ command, args }: SimulatedCommand): SimulatedExit | undefined {
  const words = [...command, ...args]
  const isShell = ['sh', '/bin/sh', 'bash', '/bin/bash'].includes(words[0] ?? '') && words[1] === '-c'
  const script = isShell ? (words[2] ?? '') : words.join(' ')
  let afterMs = 0
  for (const statement of script.split(/;|&&|\n/).map((text) => text.trim())) {
    const [name, argument] = statement.split(/\s+/)
    if (name === 'exit') return { exitCode: Number(argument ?? 0), afterMs }
    if (name === 'false') return { exitCode: 1, afterMs }
    if (name === 'sleep') afterMs += Number(argument) * 1000
    else if (name !== 'true' && name !== 'echo' && name !== ':') return undefined
  }
  return Number.isFinite(afterMs) ? { exitCode: 0, afterMs } : undefined
}

/** What `echo` statements of a command write. */
export function outputOf(command: readonly string[]): string {
  const script = command[1] === '-c' ? (command[2] ?? '') : command.join(' ')
  const lines = script.split(/;|&&/).map((text) => text.trim())
  return lines
    .filter((line) => line.startsWith('echo '))
    .map((line) => `${line.slice('echo '.length)}\n`)
    .join('')
}
