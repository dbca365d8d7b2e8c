/**
 * Rules for probes and life cycle hooks: one handler each.
 * Source: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isHttpHeaderName, isPortName, isPortNumber } from '../../../../api/names.ts'
import type { HTTPGetAction, Lifecycle, Probe } from '../../../../api/types/core/v1.ts'
import { forbidden, invalid, invalidEach, nonNegative, notSupported, required } from '../../validation/field.ts'

export type ProbeKind = 'livenessProbe' | 'readinessProbe' | 'startupProbe'
type Handler = Record<string, unknown>
type HandlerRule = readonly [field: string, rule: (path: string, action: Handler) => FieldError[]]

export function validatePort(path: string, port: unknown): FieldError[] {
  if (typeof port === 'string') return invalidEach(path, port, isPortName(port))
  const number = typeof port === 'number' ? port : 0
  return invalidEach(path, number, isPortNumber(number))
}

export function validateProbe(path: string, probe: Probe | undefined, kind: ProbeKind): FieldError[] {
  if (!probe) return []
  const errors = validateHandler(path, probe as Handler, probeRules)
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    errors.push(...nonNegative(`${path}.${field}`, probe[field]))
  }
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0) {
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'))
  }
  if (kind === 'readinessProbe') {
    if (grace !== undefined) {
      errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'))
    }
  } else if (probe.successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'))
  }
  return errors
}

/** `graceSeconds` bounds how long a sleep hook may take. */
export function validateLifecycle(path: string, lifecycle: Lifecycle, graceSeconds: number | undefined): FieldError[] {
  const rules: HandlerRule[] = [...hookRules, ['sleep', (at, action) => validateSleep(at, action, graceSeconds)]]
  const errors: FieldError[] = []
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle[hook]
    if (handler) errors.push(...validateHandler(`${path}.${hook}`, handler as Handler, rules))
  }
  return errors
}

const hookRules: readonly HandlerRule[] = [
  ['exec', (path, { command }) => ((command as unknown[] | undefined)?.length ? [] : [required(`${path}.command`)])],
  ['httpGet', (path, action) => validateHttpGet(path, action as unknown as HTTPGetAction)],
  ['tcpSocket', (path, { port }) => validatePort(`${path}.port`, port)],
]

const probeRules: readonly HandlerRule[] = [
  ...hookRules,
  ['grpc', (path, { port }) => validatePort(`${path}.port`, port)],
]

function validateHandler(path: string, handler: Handler, rules: readonly HandlerRule[]): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const [field, rule] of rules) {
    const action = handler[field] as Handler | undefined
    if (!action) continue
    found += 1
    if (found > 1) errors.push(forbidden(`${path}.${field}`, 'may not specify more than 1 handler type'))
    else errors.push(...rule(`${path}.${field}`, action))
  }
  return found === 0 ? [required(path, 'must specify a handler type')] : errors
}

function validateHttpGet(path: string, action: HTTPGetAction): FieldError[] {
  const errors = action.path ? [] : [required(`${path}.path`)]
  errors.push(...validatePort(`${path}.port`, action.port))
  if (action.scheme !== 'HTTP' && action.scheme !== 'HTTPS') {
    errors.push(notSupported(`${path}.scheme`, action.scheme ?? '', ['HTTP', 'HTTPS']))
  }
  for (const header of action.httpHeaders ?? []) {
    errors.push(...invalidEach(`${path}.httpHeaders`, header.name, isHttpHeaderName(header.name)))
  }
  return errors
}

function validateSleep(path: string, action: Handler, graceSeconds: number | undefined): FieldError[] {
  const seconds = (action.seconds ?? 0) as number
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return []
  return [invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`)]
}
