/** Named formats of texts. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library */
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
} from '../../../api/names.ts'
import { type Costs, declare, type Overload } from '../functions.ts'
import { patternFactor, scaled, textFactor } from '../sizes.ts'
import { type CelError, Items, none, Opaque, Optional, sizeOf, type Value } from '../values.ts'
import { parseTimestamp } from './time-text.ts'
import { parseUrl } from './url.ts'

type Rule = (text: string) => readonly string[]

export class Format extends Opaque {
  readonly typeName = 'kubernetes.NamedFormat'
  readonly name: string
  readonly rule: Rule
  /** About how large a pattern would be that does the same. */
  readonly patternSize: number

  constructor(name: string, patternSize: number, rule: Rule) {
    super()
    this.name = name
    this.patternSize = patternSize
    this.rule = rule
  }

  override equals(other: Value): boolean {
    return other instanceof Format && other.name === this.name
  }
}

/** A name that something will be appended to may end in a dash; what stands before that is not looked at, as upstream. */
function prefix(rule: Rule): Rule {
  return (text) => rule(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text)
}

function pattern(expression: RegExp, message: string): Rule {
  return (text) => (expression.test(text) ? [] : [message])
}

function parses(parse: (text: string) => unknown, message: string): Rule {
  return (text) => {
    try {
      parse(text)
      return []
    } catch (error) {
      if ((error as Partial<CelError>).message === undefined) throw error
      return [message]
    }
  }
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/

const formats: Readonly<Record<string, Format>> = {
  dns1123Label: new Format('DNS1123Label', 30, isDns1123Label),
  dns1123Subdomain: new Format('DNS1123Subdomain', 60, isDns1123Subdomain),
  dns1035Label: new Format('DNS1035Label', 30, isDns1035Label),
  qualifiedName: new Format('QualifiedName', 60, isQualifiedName),
  dns1123LabelPrefix: new Format('DNS1123LabelPrefix', 30, prefix(isDns1123Label)),
  dns1123SubdomainPrefix: new Format('DNS1123SubdomainPrefix', 60, prefix(isDns1123Subdomain)),
  dns1035LabelPrefix: new Format('DNS1035LabelPrefix', 30, prefix(isDns1035Label)),
  labelValue: new Format('LabelValue', 40, isLabelValue),
  uri: new Format('URI', 1103, (text) => {
    const parts = parseUrl(text)
    return typeof parts === 'string' ? [parts] : []
  }),
  uuid: new Format('UUID', 36, pattern(uuid, 'does not match the UUID format')),
  byte: new Format('Byte', 40, pattern(base64, 'invalid base64')),
  date: new Format(
    'Date',
    50,
    parses((text) => parseTimestamp(`${text}T00:00:00Z`), 'invalid date'),
  ),
  datetime: new Format(
    'DateTime',
    50,
    parses((text) => parseTimestamp(text.toUpperCase()), 'invalid datetime'),
  ),
}

const validating: Costs = {
  cost: ([format, text]) => {
    const states = format instanceof Format ? format.patternSize : 0
    return Math.ceil((1 + sizeOf(text!)) * textFactor) * Math.ceil(states * patternFactor)
  },
  estimate: ({ args: [text] }) => ({ cost: scaled(scaled(text!.size, textFactor), 128 * patternFactor) }),
}

export const namedFormats: readonly Overload[] = [
  declare('format.named(string): optional_type<kubernetes.NamedFormat>', (_, name: string) =>
    Object.hasOwn(formats, name) ? new Optional(formats[name]!) : none,
  ),
  ...Object.entries(formats).map(([name, format]) => declare(`format.${name}(): kubernetes.NamedFormat`, () => format)),
  declare(
    'kubernetes.NamedFormat.validate(string): optional_type<list<string>>',
    (_, { rule }: Format, text: string) => {
      const errors = rule(text)
      return errors.length === 0 ? none : new Optional(new Items([...errors]))
    },
    validating,
  ),
]
