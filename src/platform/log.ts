/** Structured logging: a constant message and fields. Secrets never appear in fields. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds these fields to each line. */
  with(fields: LogFields): Logger
}

/** Discards everything; for tests and for callers that do not care. */
export const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with() {
    return silent
  },
}

/** What a caught value says, for a log line, an event or a condition. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
