/**
 * The protobuf messages of OpenAPI version 2.
 * Source: https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
 */
import {
  choice,
  entries,
  extensions,
  itself,
  type Message,
  many,
  of,
  one,
  plain,
  string,
  taken,
  when,
} from './gnostic-fields.ts'

const schema = of(() => schemaMessage)
const wrappedSchema = of(() => [itself(1, schema)])
const schemasByName = of(() => [entries(1, schema)])
const parameter = of(() => parameterMessage)
const parameterItem = of(() => parameterItemMessage)

const typeMessage: Message = [taken(1, string, (source) => source.type)]
const additionalPropertiesMessage: Message = [
  when(1, schema, (source) => typeof source.value !== 'boolean'),
  taken(2, choice, (source) => source.value),
]

const schemaMessage: Message = [
  ...plain(`1 string $ref, 2 string format, 3 string title, 4 string description, 5 any default, 6 double multipleOf,
    7 double maximum, 8 bool exclusiveMaximum, 9 double minimum, 10 bool exclusiveMinimum, 11 int maxLength,
    12 int minLength, 13 string pattern, 14 int maxItems, 15 int minItems, 16 bool uniqueItems, 17 int maxProperties,
    18 int minProperties, 19 string* required, 20 any* enum`),
  one(21, () => additionalPropertiesMessage, 'additionalProperties'),
  when(
    22,
    () => typeMessage,
    (source) => source.type !== undefined,
  ),
  one(23, wrappedSchema, 'items'),
  many(24, schema, 'allOf'),
  one(25, schemasByName, 'properties'),
  extensions(31),
]

const placeFields = plain('1 bool required, 2 string in, 3 string description, 4 string name')
const queryMessage: Message = [...placeFields, ...plain('6 string type, 20 bool uniqueItems')]
const pathMessage: Message = [...placeFields, ...plain('5 string type, 19 bool uniqueItems')]
const nonBodyMessage: Message = [
  when(
    3,
    () => queryMessage,
    (source) => source.in === 'query',
  ),
  when(
    4,
    () => pathMessage,
    (source) => source.in === 'path',
  ),
]
const bodyMessage: Message = [
  ...plain('1 string description, 2 string name, 3 string in, 4 bool required'),
  one(5, schema, 'schema'),
]
const parameterMessage: Message = [
  when(
    1,
    () => bodyMessage,
    (source) => source.in === 'body',
  ),
  when(
    2,
    () => nonBodyMessage,
    (source) => source.in !== 'body',
  ),
]
const referenceMessage = plain('1 string $ref')
const parameterItemMessage: Message = [
  when(1, parameter, ({ $ref }) => $ref === undefined),
  when(
    2,
    () => referenceMessage,
    ({ $ref }) => $ref !== undefined,
  ),
]

const responseMessage: Message = [...plain('1 string description'), one(2, wrappedSchema, 'schema')]
const responsesMessage: Message = [
  entries(
    1,
    of(() => [itself(1, () => responseMessage)]),
  ),
]

const operationMessage: Message = [
  ...plain('1 string* tags, 3 string description, 5 string operationId, 6 string* produces, 7 string* consumes'),
  many(8, parameterItem, 'parameters'),
  one(9, () => responsesMessage, 'responses'),
  ...plain('10 string* schemes'),
  extensions(13),
]

const operation = of(() => operationMessage)
const pathItemMessage: Message = [
  ...['get', 'put', 'post', 'delete', 'options', 'head', 'patch'].map((method, index) =>
    one(index + 2, operation, method),
  ),
  many(9, parameterItem, 'parameters'),
  extensions(10),
]

const requirementMessage: Message = [
  entries(
    1,
    of(() => [many(1, string, 'value')]),
  ),
]
const apiKeyMessage = plain('1 string type, 2 string name, 3 string in, 4 string description')
const securityMessage: Message = [
  entries(
    1,
    of(() => [itself(2, () => apiKeyMessage)]),
  ),
]

export const documentMessageV2: Message = [
  ...plain('1 string swagger'),
  one(2, () => plain('1 string title, 2 string version'), 'info'),
  one(
    8,
    () => [
      entries(
        2,
        of(() => pathItemMessage),
      ),
    ],
    'paths',
  ),
  one(9, schemasByName, 'definitions'),
  one(10, () => [entries(1, parameter)], 'parameters'),
  many(12, () => requirementMessage, 'security'),
  one(13, () => securityMessage, 'securityDefinitions'),
]
