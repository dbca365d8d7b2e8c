/**
 * The protobuf messages of OpenAPI version 3.
 * Source: https://github.com/google/gnostic/blob/main/openapiv3/OpenAPIv3.proto
 */
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import {
  any,
  bool,
  choice,
  double,
  entries,
  extensions,
  int,
  type Message,
  many,
  of,
  one,
  type SingleKind,
  string,
  taken,
  when,
} from './gnostic-fields.ts'

const isReference = ({ $ref }: JsonObject): boolean => $ref !== undefined
const referenceMessage: Message = [one(1, string, '$ref')]

/** One of a message and a reference. */
function orReference(message: () => Message): SingleKind {
  const either: Message = [
    when(1, of(message), (source) => !isReference(source)),
    when(
      2,
      of(() => referenceMessage),
      isReference,
    ),
  ]
  return of(() => either)
}

/** A message whose only field holds the members of an object. */
function byName(value: SingleKind): SingleKind {
  const message: Message = [entries(1, value)]
  return of(() => message)
}

const schema = orReference(() => schemaMessage)
const operation = of(() => operationMessage)
const parameter = orReference(() => parameterMessage)

const is = (type: string) => (source: JsonObject) => typeof source.value === type
const defaultMessage: Message = [
  { ...one(1, double, 'value'), read: ({ value }) => (is('number')({ value }) ? value : undefined) },
  { ...one(2, choice, 'value'), read: ({ value }) => (is('boolean')({ value }) ? value : undefined) },
  { ...one(3, string, 'value'), read: ({ value }) => (is('string')({ value }) ? value : undefined) },
]
const additionalPropertiesMessage: Message = [
  when(1, schema, ({ value }) => typeof value !== 'boolean'),
  one(2, choice, 'value'),
]
const itemsMessage: Message = [{ ...many(1, schema, 'items'), read: (source) => [source] }]

const schemaMessage: Message = [
  one(1, bool, 'nullable'),
  one(9, string, 'title'),
  one(10, double, 'multipleOf'),
  one(11, double, 'maximum'),
  one(12, bool, 'exclusiveMaximum'),
  one(13, double, 'minimum'),
  one(14, bool, 'exclusiveMinimum'),
  one(15, int, 'maxLength'),
  one(16, int, 'minLength'),
  one(17, string, 'pattern'),
  one(18, int, 'maxItems'),
  one(19, int, 'minItems'),
  one(20, bool, 'uniqueItems'),
  one(21, int, 'maxProperties'),
  one(22, int, 'minProperties'),
  many(23, string, 'required'),
  many(24, any, 'enum'),
  one(25, string, 'type'),
  many(26, schema, 'allOf'),
  many(27, schema, 'oneOf'),
  many(28, schema, 'anyOf'),
  one(
    29,
    of(() => schemaMessage),
    'not',
  ),
  one(
    30,
    of(() => itemsMessage),
    'items',
  ),
  one(31, byName(schema), 'properties'),
  one(
    32,
    of(() => additionalPropertiesMessage),
    'additionalProperties',
  ),
  // There is no room for objects and lists in it.
  taken(
    33,
    of(() => defaultMessage),
    ({ default: value }) => (isObject(value) ? {} : value),
  ),
  one(34, string, 'description'),
  one(35, string, 'format'),
  extensions(36),
]

const mediaTypeMessage: Message = [one(1, schema, 'schema')]
const content = byName(of(() => mediaTypeMessage))

const parameterMessage: Message = [
  one(1, string, 'name'),
  one(2, string, 'in'),
  one(3, string, 'description'),
  one(4, bool, 'required'),
  one(10, schema, 'schema'),
]
const requestBodyMessage: Message = [
  one(1, string, 'description'),
  one(2, content, 'content'),
  one(3, bool, 'required'),
]
const responseMessage: Message = [one(1, string, 'description'), one(3, content, 'content')]
const responsesMessage: Message = [
  entries(
    2,
    orReference(() => responseMessage),
  ),
]

const operationMessage: Message = [
  many(1, string, 'tags'),
  one(3, string, 'description'),
  one(5, string, 'operationId'),
  many(6, parameter, 'parameters'),
  one(
    7,
    orReference(() => requestBodyMessage),
    'requestBody',
  ),
  one(
    8,
    of(() => responsesMessage),
    'responses',
  ),
  extensions(13),
]

const pathItemMessage: Message = [
  one(4, operation, 'get'),
  one(5, operation, 'put'),
  one(6, operation, 'post'),
  one(7, operation, 'delete'),
  one(8, operation, 'options'),
  one(9, operation, 'head'),
  one(10, operation, 'patch'),
  many(13, parameter, 'parameters'),
  extensions(14),
]

const infoMessage: Message = [one(1, string, 'title'), one(6, string, 'version')]
const securitySchemeMessage: Message = [
  one(1, string, 'type'),
  one(2, string, 'description'),
  one(3, string, 'name'),
  one(4, string, 'in'),
]
const componentsMessage: Message = [
  one(1, byName(schema), 'schemas'),
  one(7, byName(orReference(() => securitySchemeMessage)), 'securitySchemes'),
]

export const documentMessageV3: Message = [
  one(1, string, 'openapi'),
  one(
    2,
    of(() => infoMessage),
    'info',
  ),
  one(4, byName(of(() => pathItemMessage)), 'paths'),
  one(
    5,
    of(() => componentsMessage),
    'components',
  ),
]
