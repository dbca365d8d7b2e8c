/** Semantic versions. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library */
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

const version = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]*))?(?:\+([0-9A-Za-z.-]*))?$/

/** Throws `CelError`. */
export function parseSemver(text: string): Semver {
  if (text === '') throw new CelError('Version string empty')
  const match = version.exec(text)
  if (!match) {
    const short = text.split('.').length < 3
    throw new CelError(
      short ? 'No Major.Minor.Patch elements found' : `Invalid character(s) found in version ${JSON.stringify(text)}`,
    )
  }
  const numbers = match.slice(1, 4).map((digits) => BigInt(digits.slice(0, 30)))
  if (numbers.some((number) => number > uint64Max)) throw new CelError('Version number out of range')
  const preRelease = match[4] === undefined ? [] : match[4].split('.')
  const build = match[5] === undefined ? [] : match[5].split('.')
  if (build.includes('')) throw new CelError('Build meta data is empty')
  for (const part of preRelease) {
    if (part === '') throw new CelError('Prerelease is empty')
    if (/^0\d+$/.test(part)) throw new CelError(`Numeric PreRelease version must not contain leading zeroes "${part}"`)
  }
  return new Semver(numbers, preRelease)
}

/** Drops a leading `v` and leading zeros, and fills up what is short. Throws `CelError`. */
function normalized(text: string): string {
  const [major = '', minor, ...rest] = text.replace(/^v/, '').split('.')
  const parts = [major, minor, rest.length === 0 ? undefined : rest.join('.')].filter((part) => part !== undefined)
  const trimmed = parts.map((part) =>
    part.length > 1 ? part.replace(/^0+(?!\d)/, '0').replace(/^0+(?=\d)/, '') : part,
  )
  if (trimmed.length < 3 && /[+-]/.test(trimmed.at(-1) ?? ''))
    throw new CelError('short version cannot contain PreRelease/Build meta data')
  while (trimmed.length < 3) trimmed.push('0')
  return trimmed.join('.')
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

function compareVersions(left: Semver, right: Semver): -1 | 0 | 1 {
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
