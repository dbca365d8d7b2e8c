/**
 * Log lines on standard error (or any sink): JSON for machines, one readable line for people. Written here in a few
 * lines because it is loaded by every command and must cost nothing at start.
 */
import type { Clock } from '../clock.ts'
import type { LogFields, Logger } from '../log.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LoggerOptions {
  clock: Clock
  /** Lines below this are discarded. Default 'info'. */
  level?: LogLevel
  /** Default 'json'. */
  format?: 'json' | 'pretty'
  /** Takes one line with its line end. Default: standard error. */
  write?(line: string): void
}

const levels: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 }

export function createLogger(options: LoggerOptions): Logger {
  const { clock, level: least = 'info', format = 'json' } = options
  const write = options.write ?? ((line: string) => void process.stderr.write(line))
  const encode = format === 'json' ? jsonLine : prettyLine
  const logger = (bound: LogFields): Logger => {
    const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
      if (levels[level] >= levels[least]) write(encode(clock.nowMs(), level, message, { ...bound, ...fields }))
    }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: (fields) => logger({ ...bound, ...fields }),
    }
  }
  return logger({})
}

function jsonLine(nowMs: number, level: LogLevel, message: string, fields: LogFields): string {
  return `${JSON.stringify({ time: new Date(nowMs).toISOString(), level, message, ...fields })}\n`
}

function prettyLine(nowMs: number, level: LogLevel, message: string, fields: LogFields): string {
  let line = `${new Date(nowMs).toISOString().slice(11, 23)} ${level.padEnd(5)} ${message}`
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${name}=${typeof value === 'string' ? quoted(value) : value}`
  }
  return `${line}\n`
}

function quoted(value: string): string {
  return /^[\w./:@%+-]+$/.test(value) ? value : JSON.stringify(value)
}
