/** Amounts of resources. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library */
import { type Quantity as Amount, isQuantity, parseQuantity, QuantityError } from '../../../api/quantity.ts'
import { declare, type Overload } from '../functions.ts'
import { CelError, int64Max, int64Min, Opaque, type Value } from '../values.ts'
import { reading } from './costs.ts'

const unit = 1_000_000_000n

export class QuantityValue extends Opaque {
  readonly typeName = 'kubernetes.Quantity'
  readonly nanos: bigint

  constructor(nanos: bigint) {
    super()
    this.nanos = nanos
  }

  override equals(other: Value): boolean {
    return other instanceof QuantityValue && other.nanos === this.nanos
  }
}

function parse(_: unknown, text: string): QuantityValue {
  try {
    const { nanos }: Amount = parseQuantity(text)
    return new QuantityValue(nanos)
  } catch (error) {
    if (error instanceof QuantityError) throw new CelError(error.message)
    throw error
  }
}

function isInteger({ nanos }: QuantityValue): boolean {
  const whole = nanos / unit
  return nanos % unit === 0n && whole <= int64Max && whole >= int64Min
}

function asInteger(_: unknown, quantity: QuantityValue): bigint {
  if (!isInteger(quantity)) throw new CelError('cannot convert value to integer')
  return quantity.nanos / unit
}

function compareTo(a: QuantityValue, b: QuantityValue): bigint {
  return a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n
}

const of = 'kubernetes.Quantity'

export const quantities: readonly Overload[] = [
  declare(`quantity(string): ${of}`, parse, reading()),
  declare('isQuantity(string): bool', (_, text: string) => isQuantity(text), reading()),
  declare(`${of}.asInteger(): int`, asInteger),
  declare(`${of}.isInteger(): bool`, (_, a: QuantityValue) => isInteger(a)),
  declare(`${of}.asApproximateFloat(): double`, (_, a: QuantityValue) => Number(a.nanos) / 1e9),
  declare(`sign(${of}): int`, (_, a: QuantityValue) => compareTo(a, new QuantityValue(0n))),
  declare(`${of}.isGreaterThan(${of}): bool`, (_, a: QuantityValue, b: QuantityValue) => a.nanos > b.nanos),
  declare(`${of}.isLessThan(${of}): bool`, (_, a: QuantityValue, b: QuantityValue) => a.nanos < b.nanos),
  declare(`${of}.compareTo(${of}): int`, (_, a: QuantityValue, b: QuantityValue) => compareTo(a, b)),
  declare(`${of}.add(${of}): ${of}`, (_, a: QuantityValue, b: QuantityValue) => new QuantityValue(a.nanos + b.nanos)),
  declare(`${of}.add(int): ${of}`, (_, a: QuantityValue, b: bigint) => new QuantityValue(a.nanos + b * unit)),
  declare(`${of}.sub(${of}): ${of}`, (_, a: QuantityValue, b: QuantityValue) => new QuantityValue(a.nanos - b.nanos)),
  declare(`${of}.sub(int): ${of}`, (_, a: QuantityValue, b: bigint) => new QuantityValue(a.nanos - b * unit)),
]
