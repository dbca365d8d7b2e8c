/** Evaluates the expressions that select devices. Source: as `device-expression.ts`. */
import { parseQuantity } from '../../../api/quantity.ts'
import type { Device, DeviceAttribute } from '../../../api/types/resource/v1.ts'
import { limits } from '../../../limits.ts'
import { compile, evaluate, failureText } from '../../cel/index.ts'
import { QuantityValue } from '../../cel/library/quantity.ts'
import { parseSemver } from '../../cel/library/semver.ts'
import { CelError, CelMap, CelObject, Entries, type Value } from '../../cel/values.ts'
import { deviceEnvironment } from './device-expression.ts'

/** Whether the expression holds for a device of the driver. Throws with what is wrong with it. */
export function deviceMatches(expression: string, driver: string, device: Device): boolean {
  const compiled = compile(expression, deviceEnvironment)
  if (!compiled.ok) throw new Error(`CEL compile error: ${failureText(compiled)}`)
  const budget = { cost: limits.deviceSelectorCostMax }
  const evaluation = evaluate(compiled.program, [['device', () => deviceValue(driver, device)]], budget)
  if (!evaluation.ok) throw new Error(`CEL runtime error: ${evaluation.message}`)
  if (typeof evaluation.value === 'boolean') return evaluation.value
  throw new Error('CEL runtime error: the expression says neither yes nor no')
}

function deviceValue(driver: string, device: Device): DeviceValue {
  const { attributes = {}, capacity = {}, allowMultipleAllocations = false } = device
  const fields: [string, Value][] = [
    ['driver', driver],
    ['allowMultipleAllocations', allowMultipleAllocations],
    ['attributes', domains(driver, Object.entries(attributes), attributeValue)],
    [
      'capacity',
      domains(driver, Object.entries(capacity), ({ value }) => new QuantityValue(parseQuantity(value).nanos)),
    ],
  ]
  return new DeviceValue(new Map(fields))
}

/** By domain and name; what has no domain is in the driver's. */
function domains<T>(driver: string, facts: readonly [string, T][], value: (fact: T) => Value): Domains {
  const byDomain = new Map<Value, Entries>()
  for (const [name, fact] of facts) {
    const at = name.indexOf('/')
    const domain = at < 0 ? driver : name.slice(0, at)
    const entries = byDomain.get(domain) ?? new Entries()
    byDomain.set(domain, entries)
    const id = name.slice(at + 1)
    if (entries.get(id) === undefined) entries.insert(id, value(fact), () => id)
  }
  return new Domains(byDomain)
}

function attributeValue({ int, bool, string, version }: DeviceAttribute): Value {
  if (int !== undefined) return BigInt(int)
  if (bool !== undefined) return bool
  if (string !== undefined) return string
  if (version !== undefined) return parseSemver(version)
  throw new CelError('unsupported attribute value')
}

/** A domain of which a device says nothing is an empty map. */
class Domains extends CelMap {
  readonly #byDomain: ReadonlyMap<Value, Entries>

  constructor(byDomain: ReadonlyMap<Value, Entries>) {
    super()
    this.#byDomain = byDomain
  }

  get size(): number {
    return this.#byDomain.size
  }

  override get(key: Value): Value | undefined {
    return this.#byDomain.get(key) ?? (typeof key === 'string' ? new Entries() : undefined)
  }

  override keys(): Iterable<Value> {
    return this.#byDomain.keys()
  }
}

class DeviceValue extends CelObject {
  readonly typeName = 'kubernetes.DRADevice'
  readonly #fields: ReadonlyMap<string, Value>

  constructor(fields: ReadonlyMap<string, Value>) {
    super()
    this.#fields = fields
  }

  get size(): number {
    return this.#fields.size
  }

  override get(field: string): Value | undefined {
    return this.#fields.get(field)
  }

  override has(field: string): boolean {
    return this.#fields.has(field)
  }

  override fields(): Iterable<string> {
    return this.#fields.keys()
  }
}
