/** Expressions that select devices. Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/. */
import {
  boolType,
  compile,
  dynType,
  type Environment,
  failureText,
  mapType,
  objectType,
  opaqueType,
  stringType,
  typeName,
} from '../../cel/index.ts'

const deviceType = objectType('kubernetes.DRADevice', {
  driver: stringType,
  attributes: mapType(stringType, mapType(stringType, dynType)),
  capacity: mapType(stringType, mapType(stringType, opaqueType('kubernetes.Quantity'))),
  allowMultipleAllocations: boolType,
})

/** Names may be bound (`cel.bind`), so that a domain is written once. */
export const deviceEnvironment: Environment = {
  variables: new Map([['device', deviceType]]),
  extra: ['bindings'],
}

/** What is wrong with an expression about `device`; undefined when it compiles and says yes or no. */
export function deviceExpressionFault(expression: string): string | undefined {
  const compiled = compile(expression, deviceEnvironment)
  if (!compiled.ok) return failureText(compiled)
  const { type } = compiled.program
  if (type.kind === 'bool' || type.kind === 'dyn') return undefined
  return `must evaluate to bool or the unknown type, not ${typeName(type)}`
}
