/** The rules of one schema node, compiled: once for checking a definition, once for checking its objects. */
import type { JSONSchemaProps, ValidationRule } from '../../../api/types/apiextensions/v1.ts'
import {
  type CelType,
  type Compiled,
  compile,
  type Environment,
  failureText,
  optionalType,
  type Program,
} from '../../cel/index.ts'
import { declareStructural, type StructuralSchema } from '../../cel/structural.ts'
import { FieldPathError, schemaAtPath } from '../schema/field-path.ts'

export interface CompiledRule {
  rule: ValidationRule
  /** Undefined for an empty rule and for one that does not compile. */
  program?: Program
  /** Why it does not compile. */
  error?: string
  message?: Program
  messageError?: string
  usesOld: boolean
  /** What `fieldPath` names, as field errors write it. */
  blamed: string
}

export interface CompiledRules {
  type: CelType
  rules: CompiledRule[]
}

/** Undefined when expressions can't see values of the schema. `isResource`: it is of a whole object. */
export function compileRules(schema: JSONSchemaProps, isResource: boolean): CompiledRules | undefined {
  const type = declareStructural(schema as StructuralSchema, { name: 'selfType', isResource })
  if (!type) return undefined
  const environments = environmentsOf(type)
  const rules = schema['x-kubernetes-validations'] ?? []
  return { type, rules: rules.map((rule) => compileRule(schema, rule, environments)) }
}

interface Environments {
  plain: Environment
  /** `oldSelf` may have no value. */
  optional: Environment
}

function environmentsOf(type: CelType): Environments {
  const withOld = (oldSelf: CelType): Environment => ({
    variables: new Map([
      ['self', type],
      ['oldSelf', oldSelf],
    ]),
  })
  return { plain: withOld(type), optional: withOld(optionalType(type)) }
}

function compileRule(schema: JSONSchemaProps, rule: ValidationRule, environments: Environments): CompiledRule {
  const found: CompiledRule = { rule, usesOld: false, blamed: blamedPath(schema, rule) }
  if (rule.rule.trim() === '') return found
  const environment = rule.optionalOldSelf ? environments.optional : environments.plain
  const compiled = compile(rule.rule, environment)
  if (!compiled.ok) return { ...found, error: failureText(compiled) }
  const { program } = compiled
  if (program.type.kind !== 'bool') return { ...found, error: 'cel expression must evaluate to a bool' }
  const complete = { ...found, program, usesOld: program.uses('oldSelf') }
  return rule.messageExpression ? { ...complete, ...messageOf(compile(rule.messageExpression, environment)) } : complete
}

function messageOf(compiled: Compiled): Pick<CompiledRule, 'message' | 'messageError'> {
  if (!compiled.ok) {
    const stage = compiled.stage === 'compilation' ? 'compilation' : 'instantiation'
    return { messageError: `messageExpression ${stage} failed: ${compiled.message}` }
  }
  if (compiled.program.type.kind !== 'string') return { messageError: 'messageExpression must evaluate to a string' }
  return { message: compiled.program }
}

function blamedPath(schema: JSONSchemaProps, { fieldPath }: ValidationRule): string {
  if (!fieldPath) return ''
  try {
    return schemaAtPath(fieldPath, schema).path
  } catch (error) {
    if (error instanceof FieldPathError) return ''
    throw error
  }
}
