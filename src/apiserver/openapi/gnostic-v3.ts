/**
 * The protobuf messages of OpenAPI version 3.
 * Source: https://github.com/google/gnostic/blob/main/openapiv3/OpenAPIv3.proto
 */
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import {
  choice,
  double,
  entries,
  extensions,
  type Message,
  many,
  of,
  one,
  plain,
  type SingleKind,
  string,
  taken,
  when,
} from './gnostic-fields.ts'

const isReference = ({ $ref }: JsonObject): boolean => $ref !== undefined
const referenceMessage = plain('1 string $ref')

/** One of a message and a reference. */
function orReference(message: () => Message): SingleKind {
  const either: Message = [
    when(1, message, (source) => !isReference(source)),
    when(2, () => referenceMessage, isReference),
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

const ofType = (type: string) => (source: JsonObject) => (typeof source.value === type ? source.value : undefined)
const defaultMessage: Message = [
  taken(1, double, ofType('number')),
  taken(2, choice, ofType('boolean')),
  taken(3, string, ofType('string')),
]
const additionalPropertiesMessage: Message = [
  when(1, schema, ({ value }) => typeof value !== 'boolean'),
  taken(2, choice, ofType('boolean')),
]
const itemsMessage: Message = [{ ...many(1, schema, 'items'), read: (source) => [source] }]

const schemaMessage: Message = [
  ...plain(`1 bool nullable, 9 string title, 10 double multipleOf, 11 double maximum, 12 bool exclusiveMaximum,
    13 double minimum, 14 bool exclusiveMinimum, 15 int maxLength, 16 int minLength, 17 string pattern, 18 int maxItems,
    19 int minItems, 20 bool uniqueItems, 21 int maxProperties, 22 int minProperties, 23 string* required, 24 any* enum,
    25 string type`),
  many(26, schema, 'allOf'),
  many(27, schema, 'oneOf'),
  many(28, schema, 'anyOf'),
  one(29, () => schemaMessage, 'not'),
  one(30, () => itemsMessage, 'items'),
  one(31, byName(schema), 'properties'),
  one(32, () => additionalPropertiesMessage, 'additionalProperties'),
  // There is no room for objects and lists in it.
  taken(
    33,
    () => defaultMessage,
    ({ default: value }) => (isObject(value) ? {} : value),
  ),
  ...plain('34 string description, 35 string format'),
  extensions(36),
]

const content = byName(of(() => [one(1, schema, 'schema')]))

const parameterMessage: Message = [
  ...plain('1 string name, 2 string in, 3 string description, 4 bool required'),
  one(10, schema, 'schema'),
]
const requestBodyMessage: Message = [
  ...plain('1 string description'),
  one(2, content, 'content'),
  ...plain('3 bool required'),
]
const responseMessage: Message = [...plain('1 string description'), one(3, content, 'content')]
const responsesMessage: Message = [
  entries(
    2,
    orReference(() => responseMessage),
  ),
]

const operationMessage: Message = [
  ...plain('1 string* tags, 3 string description, 5 string operationId'),
  many(6, parameter, 'parameters'),
  one(
    7,
    orReference(() => requestBodyMessage),
    'requestBody',
  ),
  one(8, () => responsesMessage, 'responses'),
  extensions(13),
]

const pathItemMessage: Message = [
  ...['get', 'put', 'post', 'delete', 'options', 'head', 'patch'].map((method, index) =>
    one(index + 4, operation, method),
  ),
  many(13, parameter, 'parameters'),
  extensions(14),
]

const securityMessage = plain('1 string type, 2 string description, 3 string name, 4 string in')
const componentsMessage: Message = [
  one(1, byName(schema), 'schemas'),
  one(7, byName(orReference(() => securityMessage)), 'securitySchemes'),
]

export const documentMessageV3: Message = [
  ...plain('1 string openapi'),
  one(2, () => plain('1 string title, 6 string version'), 'info'),
  one(4, byName(of(() => pathItemMessage)), 'paths'),
  one(5, () => componentsMessage, 'components'),
]
