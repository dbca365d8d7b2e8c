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

/** Throws `FlagError`, in upstream's words. Source: kube-controller-manager's node-ipam-controller. */
export function nodeMasksOf(flags: Flags): NonNullable<ControllerOptions['nodeMasks']> {
  const families = flags.list('cluster-cidr').map((cidr) => (cidr.includes(':') ? 'IPv6' : 'IPv4'))
  const [one, ipv4, ipv6] = ['', '-ipv4', '-ipv6'].map((end) => flags.count(`node-cidr-mask-size${end}`) || undefined)
  if (one !== undefined && families.length > 1)
    throw new FlagError('usage of --node-cidr-mask-size is not allowed with dual-stack clusters')
  if (one !== undefined && (ipv4 ?? ipv6) !== undefined)
    throw new FlagError(
      'usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set. For dual-stack clusters please unset it and use IPFamily specific flags',
    )
  for (const [family, mask, other] of [['ipv4', ipv4, 'IPv6'] as const, ['ipv6', ipv6, 'IPv4'] as const])
    if (mask !== undefined && families.length === 1 && families[0] === other)
      throw new FlagError(`usage of --node-cidr-mask-size-${family} is not allowed for a single-stack ${other} cluster`)
  const masks = { IPv4: one ?? ipv4, IPv6: one ?? ipv6 }
  return given(masks)
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
