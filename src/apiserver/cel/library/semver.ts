/** Semantic versions. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library */
import { goQuoted } from '../../../api/errors.ts'
import { declare, type Overload } from '../functions.ts'
import { CelError, Opaque, uint64Max, type Value } from '../values.ts'
import { reading } from './costs.ts'

export class Semver extends Opaque {
  readonly typeName = 'kubernetes.Semver'
  /** Major, minor, patch. */
  readonly numbers: readonly bigint[]
  readonly preRelease: readonly string[]

  constructor(numbers: readonly bigint[], preRelease: readonly string[]) {
    super()
    this.numbers = numbers
    this.preRelease = preRelease
  }

  override equals(other: Value): boolean {
    return other instanceof Semver && compareVersions(this, other) === 0
  }
}

const identifier = /^[0-9A-Za-z-]+$/

/** Throws `CelError`. */
export function parseSemver(text: string): Semver {
  if (text === '') throw new CelError('Version string empty')
  const [major = '', minor = '', rest] = inThree(text)
  if (rest === undefined) throw new CelError('No Major.Minor.Patch elements found')
  const [before = '', ...after] = rest.split('+')
  const [patch = '', ...preReleases] = before.split('-')
  const preRelease = preReleases.length > 0 ? preReleases.join('-').split('.') : []
  const build = after.length > 0 ? after.join('+').split('.') : []
  const numbers = [numberOf('Major', major), numberOf('Minor', minor), numberOf('Patch', patch)]
  for (const part of preRelease) requirePreRelease(part)
  for (const part of build) requireIdentifier(part, 'Build meta data is empty', 'build meta data')
  return new Semver(numbers, preRelease)
}

/** Split at the first two points. */
function inThree(text: string): string[] {
  const [first = '', second, ...rest] = text.split('.')
  return [first, ...(second === undefined ? [] : [second]), ...(rest.length === 0 ? [] : [rest.join('.')])]
}

function numberOf(name: 'Major' | 'Minor' | 'Patch', digits: string): bigint {
  const quoted = goQuoted(digits)
  if (!/^\d*$/.test(digits)) throw new CelError(`Invalid character(s) found in ${name.toLowerCase()} number ${quoted}`)
  if (/^0\d/.test(digits)) throw new CelError(`${name} number must not contain leading zeroes ${quoted}`)
  if (digits === '') throw new CelError('strconv.ParseUint: parsing "": invalid syntax')
  const number = digits.length > 20 ? uint64Max + 1n : BigInt(digits)
  if (number > uint64Max) throw new CelError(`strconv.ParseUint: parsing ${quoted}: value out of range`)
  return number
}

function requirePreRelease(part: string): void {
  requireIdentifier(part, 'Prerelease is empty', 'prerelease')
  if (/^0\d+$/.test(part))
    throw new CelError(`Numeric PreRelease version must not contain leading zeroes ${goQuoted(part)}`)
}

function requireIdentifier(part: string, empty: string, name: string): void {
  if (part === '') throw new CelError(empty)
  if (!identifier.test(part)) throw new CelError(`Invalid character(s) found in ${name} ${goQuoted(part)}`)
}

/** Drops a leading `v` and leading zeros, and fills up what is short. Throws `CelError`. */
function normalized(text: string): string {
  const parts = inThree(text.replace(/^v/, '')).map((part) => {
    const trimmed = part.length > 1 ? part.replace(/^0+/, '') : part
    return part.length > 1 && !/^\d/.test(trimmed) ? `0${trimmed}` : trimmed
  })
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? ''))
    throw new CelError('short version cannot contain PreRelease/Build meta data')
  while (parts.length < 3) parts.push('0')
  return parts.join('.')
}

function semver(_: unknown, text: string, normalize = false): Semver {
  return parseSemver(normalize ? normalized(text) : text)
}

function isSemver(_: unknown, text: string, normalize = false): boolean {
  try {
    semver(_, text, normalize)
    return true
  } catch (error) {
    if (error instanceof CelError) return false
    throw error
  }
}

/** By precedence: build metadata does not matter. */
export function compareVersions(left: Semver, right: Semver): -1 | 0 | 1 {
  for (const [index, number] of left.numbers.entries()) {
    const other = right.numbers[index]!
    if (number !== other) return number < other ? -1 : 1
  }
  const [one, two] = [left.preRelease, right.preRelease]
  if (one.length === 0 || two.length === 0) return one.length === two.length ? 0 : one.length === 0 ? 1 : -1
  for (const [index, part] of one.entries()) {
    const other = two[index]
    if (other === undefined) return 1
    const sign = comparePreRelease(part, other)
    if (sign !== 0) return sign
  }
  return one.length < two.length ? -1 : 0
}

/** Numbers come before words. */
function comparePreRelease(left: string, right: string): -1 | 0 | 1 {
  const numeric = /^\d+$/
  const [one, two] = [numeric.test(left), numeric.test(right)]
  if (one !== two) return one ? -1 : 1
  if (one && left.length !== right.length) return left.length < right.length ? -1 : 1
  return left < right ? -1 : left > right ? 1 : 0
}

const of = 'kubernetes.Semver'

export const semvers: readonly Overload[] = [
  declare(`semver(string): ${of}`, semver, reading()),
  declare(`semver(string, bool): ${of}`, semver, reading()),
  declare('isSemver(string): bool', isSemver, reading()),
  declare('isSemver(string, bool): bool', isSemver, reading()),
  declare(`${of}.isGreaterThan(${of}): bool`, (_, a: Semver, b: Semver) => compareVersions(a, b) > 0),
  declare(`${of}.isLessThan(${of}): bool`, (_, a: Semver, b: Semver) => compareVersions(a, b) < 0),
  declare(`${of}.compareTo(${of}): int`, (_, a: Semver, b: Semver) => BigInt(compareVersions(a, b))),
  ...['major', 'minor', 'patch'].map((name, index) =>
    declare(`${of}.${name}(): int`, (_, { numbers }: Semver) => numbers[index]!),
  ),
]
