/** What the controller manager's flags say of nodes that fall silent and of their volumes. */
import type { ControllerOptions } from '../../controllers/index.ts'
import { FlagError, type Flags } from '../apiserver/flags.ts'

/** Throws `FlagError`. */
export function nodeOptionsOf(flags: Flags): Pick<ControllerOptions, 'nodeLifecycle' | 'attachDetach'> {
  const times = {
    monitorPeriodMs: positive(flags, 'node-monitor-period'),
    gracePeriodMs: positive(flags, 'node-monitor-grace-period'),
    startupGracePeriodMs: positive(flags, 'node-startup-grace-period'),
  }
  const { monitorPeriodMs = 5_000, gracePeriodMs = 50_000 } = times
  if (gracePeriodMs <= monitorPeriodMs)
    throw new FlagError('--node-monitor-grace-period must be greater than --node-monitor-period')
  const rates = {
    perSecond: number(flags, 'node-eviction-rate', Number.POSITIVE_INFINITY),
    secondaryPerSecond: number(flags, 'secondary-node-eviction-rate', Number.POSITIVE_INFINITY),
    largeAboveNodes: flags.count('large-cluster-size-threshold'),
    unhealthyShare: number(flags, 'unhealthy-zone-threshold', 1),
  }
  return {
    nodeLifecycle: { ...given(times), rates: given(rates) },
    attachDetach: { neverForces: flags.bool('disable-force-detach-on-timeout') ?? false },
  }
}

function positive(flags: Flags, name: string): number | undefined {
  const ms = flags.durationMs(name)
  if (ms === 0) throw new FlagError(`--${name} must be greater than 0`)
  return ms
}

function number(flags: Flags, name: string, max: number): number | undefined {
  const text = flags.text(name)
  if (text === undefined) return undefined
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value >= 0 && value <= max) return value
  throw new FlagError(`--${name} must be a number ${max === 1 ? 'from 0 to 1' : 'from 0'}, got ${JSON.stringify(text)}`)
}

type Given<T> = { [Key in keyof T]?: NonNullable<T[Key]> }

/** Without what nobody said. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>
}
