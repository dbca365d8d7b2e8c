/** Pieces of text that several printers show. Texts are those that kubectl's users know. */
import { formatLabelSelector, labelSelectorRequirements, SelectorError } from '../../api/selectors/label.ts'
import type { Container } from '../../api/types/core/v1.ts'
import type { LabelSelector, ObjectMeta } from '../../api/types/meta/v1.ts'

export const none = '<none>'
export const unset = '<unset>'
export const unknown = '<unknown>'

const minuteSeconds = 60
const hourSeconds = 3600
const daySeconds = 86_400
const yearDays = 365

/** A span of time at the precision people want: `45s`, `3m12s`, `5h`, `2d4h`. Clocks may differ by two seconds. */
export function durationText(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 2 * minuteSeconds) return `${Math.max(seconds, 0)}s`
  const minutes = Math.floor(seconds / minuteSeconds)
  if (minutes < 10) return `${minutes}m${suffixed(seconds % minuteSeconds, 's')}`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(seconds / hourSeconds)
  if (hours < 8) return `${hours}h${suffixed(minutes % 60, 'm')}`
  if (hours < 48) return `${hours}h`
  const days = Math.floor(seconds / daySeconds)
  if (days < 8) return `${days}d${suffixed(hours % 24, 'h')}`
  if (days < 2 * yearDays) return `${days}d`
  const years = Math.floor(days / yearDays)
  return days < 8 * yearDays ? `${years}y${suffixed(days % yearDays, 'd')}` : `${years}y`
}

function suffixed(value: number, unit: string): string {
  return value === 0 ? '' : `${value}${unit}`
}

/** Time since an RFC 3339 stamp, `<unknown>` without one. */
export function since(time: string | undefined | null, nowMs: number): string {
  const ms = time ? Date.parse(time) : Number.NaN
  return Number.isNaN(ms) ? unknown : durationText(nowMs - ms)
}

export function age({ metadata }: { metadata: ObjectMeta }, nowMs: number): string {
  return since(metadata.creationTimestamp, nowMs)
}

/** For columns of type `date`, which the client formats. */
export function createdAt({ metadata }: { metadata: ObjectMeta }): string | null {
  return metadata.creationTimestamp ?? null
}

/** `a=1,b=2` by key. */
export function labelsText(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return pairs.sort().join(',') || none
}

export function selectorText(selector: LabelSelector | undefined, whenEmpty: string = none): string {
  try {
    const requirements = labelSelectorRequirements(selector)
    return (requirements === 'nothing' ? '' : formatLabelSelector(requirements)) || whenEmpty
  } catch (error) {
    if (error instanceof SelectorError) return '<error>'
    throw error
  }
}

export function containerNames(containers: readonly Container[] | undefined): string {
  return (containers ?? []).map(({ name }) => name).join(',')
}

export function containerImages(containers: readonly Container[] | undefined): string {
  return (containers ?? []).map(({ image }) => image ?? '').join(',')
}

/** `True`, `False`, as Go shows an optional bool. */
export function boolText(value: boolean | undefined): string {
  return value === undefined ? unset : value ? 'True' : 'False'
}

/** The first `countMax` items, then how many there are more. */
export function listText(items: readonly string[], countMax: number, separator = ','): string {
  const shown = items.slice(0, countMax).join(separator)
  return items.length > countMax ? `${shown} + ${items.length - countMax} more...` : shown
}

export function isTrue(conditions: readonly { type: string; status: string }[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}

const accessModes: [string, string][] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]

export function accessModesText(modes: readonly string[] | undefined): string {
  return accessModes
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')
}
