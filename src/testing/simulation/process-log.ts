/** Log lines of a simulated process: they go into the trace, and what can only be a mistake of ours is a finding. */
import type { LogFields, Logger } from '../../platform/log.ts'
import type { Findings } from './findings.ts'
import type { Trace } from './trace.ts'

/** What JavaScript and our own checks say when code is wrong, as opposed to the world. */
const mistakes =
  /is not a function|is not iterable|Cannot (read|set|assign|add|delete|destructure)|not extensible|is not defined|undefined \(|object null|RangeError: Maximum/

export interface ProcessLogParts {
  trace: Trace
  findings: Findings
}

export function logOf(name: string, parts: ProcessLogParts, own: LogFields = {}): Logger {
  const line = (level: string, message: string, fields: LogFields = {}): void => {
    const all = { ...own, ...fields }
    const text = `${message}${Object.entries(all)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${firstLine(String(value))}`)
      .join('')}`
    if (level !== 'debug') parts.trace.note(name, `${level}: ${text}`)
    if (message === 'informer handler failed' || mistakes.test(String(all.error ?? all.cause ?? ''))) {
      parts.findings.report('nothing fails by mistake', `${name}: ${text}`)
    }
  }
  return {
    debug: (message, fields) => line('debug', message, fields),
    info: (message, fields) => line('info', message, fields),
    warn: (message, fields) => line('warn', message, fields),
    error: (message, fields) => line('error', message, fields),
    with: (fields) => logOf(name, parts, { ...own, ...fields }),
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
