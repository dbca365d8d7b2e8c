/**
 * The protobuf messages of OpenAPI version 2.
 * Source: https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto
 */
import {
  any,
  bool,
  choice,
  double,
  entries,
  extensions,
  int,
  itself,
  type Message,
  many,
  of,
  one,
  string,
  taken,
  when,
} from './gnostic-fields.ts'

const schema = of(() => schemaMessage)
const operation = of(() => operationMessage)
const parameter = of(() => parameterMessage)
const parameterItem = of(() => parameterItemMessage)

const wrappedSchemaMessage: Message = [itself(1, schema)]
const wrappedSchema = of(() => wrappedSchemaMessage)
const schemasByNameMessage: Message = [entries(1, schema)]
const schemasByName = of(() => schemasByNameMessage)

const typeMessage: Message = [taken(1, string, (source) => source.type)]
const additionalPropertiesMessage: Message = [
  when(1, schema, (source) => typeof source.value !== 'boolean'),
  taken(2, choice, (source) => source.value),
]

const schemaMessage: Message = [
  one(1, string, '$ref'),
  one(2, string, 'format'),
  one(3, string, 'title'),
  one(4, string, 'description'),
  one(5, any, 'default'),
  one(6, double, 'multipleOf'),
  one(7, double, 'maximum'),
  one(8, bool, 'exclusiveMaximum'),
  one(9, double, 'minimum'),
  one(10, bool, 'exclusiveMinimum'),
  one(11, int, 'maxLength'),
  one(12, int, 'minLength'),
  one(13, string, 'pattern'),
  one(14, int, 'maxItems'),
  one(15, int, 'minItems'),
  one(16, bool, 'uniqueItems'),
  one(17, int, 'maxProperties'),
  one(18, int, 'minProperties'),
  many(19, string, 'required'),
  many(20, any, 'enum'),
  one(
    21,
    of(() => additionalPropertiesMessage),
    'additionalProperties',
  ),
  when(
    22,
    of(() => typeMessage),
    (source) => source.type !== undefined,
  ),
  one(23, wrappedSchema, 'items'),
  many(24, schema, 'allOf'),
  one(25, schemasByName, 'properties'),
  extensions(31),
]

const placeFields: Message = [
  one(1, bool, 'required'),
  one(2, string, 'in'),
  one(3, string, 'description'),
  one(4, string, 'name'),
]
const queryMessage: Message = [...placeFields, one(6, string, 'type'), one(20, bool, 'uniqueItems')]
const pathMessage: Message = [...placeFields, one(5, string, 'type'), one(19, bool, 'uniqueItems')]
const nonBodyMessage: Message = [
  when(
    3,
    of(() => queryMessage),
    (source) => source.in === 'query',
  ),
  when(
    4,
    of(() => pathMessage),
    (source) => source.in === 'path',
  ),
]
const bodyMessage: Message = [
  one(1, string, 'description'),
  one(2, string, 'name'),
  one(3, string, 'in'),
  one(4, bool, 'required'),
  one(5, schema, 'schema'),
]
const parameterMessage: Message = [
  when(
    1,
    of(() => bodyMessage),
    (source) => source.in === 'body',
  ),
  when(
    2,
    of(() => nonBodyMessage),
    (source) => source.in !== 'body',
  ),
]
const referenceMessage: Message = [one(1, string, '$ref')]
const parameterItemMessage: Message = [
  when(1, parameter, ({ $ref }) => $ref === undefined),
  when(
    2,
    of(() => referenceMessage),
    ({ $ref }) => $ref !== undefined,
  ),
]

const responseMessage: Message = [one(1, string, 'description'), one(2, wrappedSchema, 'schema')]
const responseValueMessage: Message = [
  itself(
    1,
    of(() => responseMessage),
  ),
]
const responsesMessage: Message = [
  entries(
    1,
    of(() => responseValueMessage),
  ),
]

const parametersByNameMessage: Message = [entries(1, parameter)]
const parametersByName = of(() => parametersByNameMessage)

const operationMessage: Message = [
  many(1, string, 'tags'),
  one(3, string, 'description'),
  one(5, string, 'operationId'),
  many(6, string, 'produces'),
  many(7, string, 'consumes'),
  many(8, parameterItem, 'parameters'),
  one(
    9,
    of(() => responsesMessage),
    'responses',
  ),
  many(10, string, 'schemes'),
  extensions(13),
]

const pathItemMessage: Message = [
  one(2, operation, 'get'),
  one(3, operation, 'put'),
  one(4, operation, 'post'),
  one(5, operation, 'delete'),
  one(6, operation, 'options'),
  one(7, operation, 'head'),
  one(8, operation, 'patch'),
  many(9, parameterItem, 'parameters'),
  extensions(10),
]
const pathsMessage: Message = [
  entries(
    2,
    of(() => pathItemMessage),
  ),
]

const infoMessage: Message = [one(1, string, 'title'), one(2, string, 'version')]
const stringArrayMessage: Message = [many(1, string, 'value')]
const requirementMessage: Message = [
  entries(
    1,
    of(() => stringArrayMessage),
  ),
]
const apiKeyMessage: Message = [
  one(1, string, 'type'),
  one(2, string, 'name'),
  one(3, string, 'in'),
  one(4, string, 'description'),
]
const securityItemMessage: Message = [
  itself(
    2,
    of(() => apiKeyMessage),
  ),
]
const securityDefinitionsMessage: Message = [
  entries(
    1,
    of(() => securityItemMessage),
  ),
]

export const documentMessageV2: Message = [
  one(1, string, 'swagger'),
  one(
    2,
    of(() => infoMessage),
    'info',
  ),
  one(
    8,
    of(() => pathsMessage),
    'paths',
  ),
  one(9, schemasByName, 'definitions'),
  one(10, parametersByName, 'parameters'),
  many(
    12,
    of(() => requirementMessage),
    'security',
  ),
  one(
    13,
    of(() => securityDefinitionsMessage),
    'securityDefinitions',
  ),
]
