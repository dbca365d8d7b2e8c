/** An expression with the type that its place asks for, and named expressions that others build on. */
import {
  type CelType,
  compile,
  dynType,
  type Environment,
  failureText,
  objectType,
  type Program,
  typeName,
} from '../../cel/index.ts'
import { policyEnvironment, type VariableOptions } from './environments.ts'

export type Typed =
  | { readonly program: Program }
  | { readonly error: string /** Not the author's mistake, by upstream's reckoning. */; readonly internal?: boolean }

/** `kinds`: of the result; any when absent. The error is upstream's. */
export function compileTyped(expression: string, environment: Environment, wanted?: readonly CelType[]): Typed {
  const compiled = compile(expression, environment)
  if (!compiled.ok) return { error: failureText(compiled), internal: compiled.stage !== 'compilation' }
  const { program } = compiled
  if (!wanted || wanted.some((type) => typeName(type) === typeName(program.type))) return { program }
  const names = wanted.map(shownType)
  const expected = names.length === 1 ? `${names[0]}` : `one of [${names.join(' ')}]`
  return { error: `must evaluate to ${expected} but got ${shownType(program.type)}` }
}

function shownType(type: CelType): string {
  return type.kind === 'null' ? 'null_type' : typeName(type)
}

export interface NamedExpression {
  readonly name: string
  readonly expression: string
}

export interface Composition {
  readonly variables: ReadonlyMap<string, Typed>
  /** For the expressions that may use all of them, with and without the authorizer. */
  readonly environment: Environment
  readonly environmentWithoutAuthorizer: Environment
}

/** Each variable may use those before it. */
export function compose(
  named: readonly NamedExpression[],
  options: Omit<VariableOptions, 'variables' | 'hasAuthorizer'>,
): Composition {
  const variables = new Map<string, Typed>()
  const types: Record<string, CelType> = {}
  const environmentOf = (hasAuthorizer: boolean) =>
    policyEnvironment({
      ...options,
      hasAuthorizer,
      ...(named.length > 0 ? { variables: objectType('kubernetes.variables', { ...types }) } : {}),
    })
  for (const { name = '', expression = '' } of named) {
    if (expression.trim() === '') continue
    const compiled = compileTyped(expression, environmentOf(true))
    variables.set(name, compiled)
    if (name.trim() === '') continue
    types[name] = 'program' in compiled ? shared(compiled.program.type) : dynType
  }
  return { variables, environment: environmentOf(true), environmentWithoutAuthorizer: environmentOf(false) }
}

/** Types that keep their name in other expressions; the others become dyn. Source: upstream's convertCelTypeToDeclType. */
function shared(type: CelType): CelType {
  switch (type.kind) {
    case 'list':
      return { kind: 'list', element: shared(type.element) }
    case 'map':
      return { kind: 'map', key: shared(type.key), value: shared(type.value) }
    case 'object':
    case 'opaque':
    case 'type':
    case 'parameter':
      return dynType
    default:
      return type
  }
}
