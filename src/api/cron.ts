/**
 * Whether a cron schedule can be read, with upstream's words for what is wrong.
 * Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax.
 */
interface Field {
  min: number
  max: number
  names?: readonly string[]
}

const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
]
const macros = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'])

/** Undefined when the schedule is fine. */
export function cronProblem(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string'
  if (schedule.startsWith('@')) return descriptorProblem(schedule)
  const parts = schedule.trim().split(/\s+/)
  if (parts.length !== fields.length) {
    return `expected exactly ${fields.length} fields, found ${parts.length}: [${parts.join(' ')}]`
  }
  for (const [index, part] of parts.entries()) {
    const field = fields[index] as Field
    for (const range of part.split(',')) {
      const problem = rangeProblem(range, field)
      if (problem) return problem
    }
  }
  return undefined
}

function descriptorProblem(schedule: string): string | undefined {
  if (macros.has(schedule)) return undefined
  if (!schedule.startsWith('@every ')) return `unrecognized descriptor: ${schedule}`
  const duration = schedule.slice('@every '.length)
  return /^([\d.]+(h|m|s|ms|us|µs|ns))+$/.test(duration) ? undefined : `failed to parse duration ${schedule}`
}

function rangeProblem(text: string, field: Field): string | undefined {
  const [range = '', step, ...moreSteps] = text.split('/')
  if (moreSteps.length > 0) return `too many slashes: ${text}`
  const [low = '', high, ...moreHigh] = range.split('-')
  if (moreHigh.length > 0) return `too many hyphens: ${text}`
  const any = low === '*' || low === '?'
  const first = any ? field.min : numberOf(low, field)
  const last = any ? field.max : high !== undefined ? numberOf(high, field) : step === undefined ? first : field.max
  if (typeof first === 'string') return first
  if (typeof last === 'string') return last
  const stride = step === undefined ? 1 : numberOf(step, { min: 0, max: 0 })
  if (typeof stride === 'string') return stride
  if (first < field.min) return `beginning of range (${first}) below minimum (${field.min}): ${text}`
  if (last > field.max) return `end of range (${last}) above maximum (${field.max}): ${text}`
  if (first > last) return `beginning of range (${first}) beyond end of range (${last}): ${text}`
  return stride === 0 ? `step of range should be a positive number: ${text}` : undefined
}

/** A number, or what is wrong with the text. */
function numberOf(text: string, { names }: Field): number | string {
  const named = text === '' ? -1 : (names?.indexOf(text.toLowerCase()) ?? -1)
  if (named >= 0) return named
  if (/^\d{1,9}$/.test(text)) return Number(text)
  return `failed to parse int from ${text}: must be a whole number`
}
