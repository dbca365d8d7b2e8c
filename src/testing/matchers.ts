/**
 * What tests like to say about objects, for `expect.extend` of Vitest and Jest, and as plain assertions for `node:test`.
 * A failure shows what the object says about itself instead of a wall of JSON.
 */
import { AssertionError } from 'node:assert'
import { ApiError } from '../api/errors.ts'
import type { KubeObject } from '../api/meta.ts'

export interface MatcherResult {
  pass: boolean
  message(): string
  /** For the runner's own diff. */
  actual?: unknown
  expected?: unknown
}

interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
}

interface WithStatus extends KubeObject {
  spec?: { replicas?: number }
  status?: {
    phase?: string
    reason?: string
    message?: string
    replicas?: number
    readyReplicas?: number
    numberReady?: number
    availableReplicas?: number
    updatedReplicas?: number
    conditions?: Condition[]
    containerStatuses?: { name: string; ready: boolean; restartCount: number; state?: object }[]
  }
}

/** What a refusal has to look like: its code, words in its message, or a pattern. */
export type Denial = number | string | RegExp

/** Give it to `expect.extend`. */
export const matchers = {
  /** Of a Deployment, ReplicaSet, StatefulSet or DaemonSet. */
  toHaveReadyReplicas(received: KubeObject, wanted: number): MatcherResult {
    const { status = {} } = received as WithStatus
    const ready = status.readyReplicas ?? status.numberReady ?? 0
    return {
      pass: ready === wanted,
      actual: ready,
      expected: wanted,
      message: () => `${nameOf(received)}: ${ready} replicas are ready, ${wanted} wanted\n${summaryOf(received)}`,
    }
  },

  /** Of a pod, namespace, volume … */
  toHavePhase(received: KubeObject, wanted: string): MatcherResult {
    const phase = (received as WithStatus).status?.phase ?? '(none)'
    return {
      pass: phase === wanted,
      actual: phase,
      expected: wanted,
      message: () => `${nameOf(received)}: the phase is ${phase}, ${wanted} wanted\n${summaryOf(received)}`,
    }
  },

  /** `status` default `True`. */
  toHaveCondition(received: KubeObject, type: string, status = 'True'): MatcherResult {
    const found = (received as WithStatus).status?.conditions?.find((condition) => condition.type === type)
    return {
      pass: found?.status === status,
      actual: found?.status,
      expected: status,
      message: () =>
        `${nameOf(received)}: condition ${type} is ${found?.status ?? 'missing'}, ${status} wanted\n${summaryOf(received)}`,
    }
  },

  /** Of a promise, or of a function that returns one. */
  async toBeDeniedWith(
    received: Promise<unknown> | (() => Promise<unknown>),
    ...wanted: Denial[]
  ): Promise<MatcherResult> {
    const error = await failureOf(received)
    const text = wanted.map(String).join(', ')
    if (error === undefined) {
      return { pass: false, message: () => `the request was allowed, a refusal wanted: ${text}` }
    }
    return {
      pass: wanted.every((denial) => fitsDenial(error, denial)),
      message: () => `the request was refused with ${refusalText(error)}\nwanted: ${text}`,
    }
  },
}

/**
 * The matchers' types, for the runner's own `Matchers`:
 * `interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends KubeMatchers<R> {}` in
 * `declare module 'vitest'`, the same without defaults in `declare module 'expect'` for Jest.
 */
export interface KubeMatchers<Result = unknown> {
  toHaveReadyReplicas(wanted: number): Result
  toHavePhase(wanted: string): Result
  toHaveCondition(type: string, status?: string): Result
  toBeDeniedWith(...wanted: Denial[]): Promise<void>
}

/** The matchers as assertions: `await check.toBeDeniedWith(cluster.apply(pod), 403, 'exceeded quota')`. */
export const check: {
  [Name in keyof typeof matchers]: (
    ...args: Parameters<(typeof matchers)[Name]>
  ) => ReturnType<(typeof matchers)[Name]> extends Promise<unknown> ? Promise<void> : void
} = {
  toHaveReadyReplicas: (...args) => assertPass(matchers.toHaveReadyReplicas(...args)),
  toHavePhase: (...args) => assertPass(matchers.toHavePhase(...args)),
  toHaveCondition: (...args) => assertPass(matchers.toHaveCondition(...args)),
  toBeDeniedWith: async (...args) => assertPass(await matchers.toBeDeniedWith(...args)),
}

function assertPass({ pass, message, actual, expected }: MatcherResult): void {
  if (!pass) throw new AssertionError({ message: message(), actual, expected, operator: 'strictEqual' })
}

function fitsDenial(error: unknown, denial: Denial): boolean {
  if (typeof denial === 'number') return error instanceof ApiError && error.code === denial
  const message = error instanceof Error ? error.message : String(error)
  return typeof denial === 'string' ? message.includes(denial) : denial.test(message)
}

function refusalText(error: unknown): string {
  if (error instanceof ApiError) return `${error.code} ${error.reason}: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

async function failureOf(received: Promise<unknown> | (() => Promise<unknown>)): Promise<unknown> {
  try {
    await (typeof received === 'function' ? received() : received)
    return undefined
  } catch (error) {
    return error ?? new Error('rejected without a reason')
  }
}

function nameOf({ kind = 'object', metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`
}

/** Counts, conditions and containers, a line each. */
export function summaryOf(object: KubeObject): string {
  const { status = {}, spec } = object as WithStatus
  const counts = (['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const)
    .filter((name) => status[name] !== undefined)
    .map((name) => `${name} ${status[name]}`)
  const lines: string[] = []
  if (spec?.replicas !== undefined) lines.push(`  wanted: ${spec.replicas} replicas`)
  if (counts.length > 0) lines.push(`  counts: ${counts.join(', ')}`)
  if (status.phase) lines.push(`  phase: ${[status.phase, status.reason, status.message].filter(Boolean).join(' ')}`)
  for (const { type, status: value, reason, message } of status.conditions ?? []) {
    lines.push(`  ${type}=${value}${reason ? ` (${reason})` : ''}${message ? `: ${message}` : ''}`)
  }
  for (const { name, ready, restartCount, state } of status.containerStatuses ?? []) {
    lines.push(
      `  container ${name}: ${ready ? 'ready' : 'not ready'}, ${restartCount} restarts, ${JSON.stringify(state)}`,
    )
  }
  return lines.join('\n')
}
