/** apiextensions.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const apiextensionsV1Schema: GroupVersionSchema = {
  key: 'apiextensions/v1',
  group: 'apiextensions.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1',
  served: true,
  resources: `
    customresourcedefinitions customresourcedefinition CustomResourceDefinition cluster: all; short crd crds; categories api-extensions
      /status CustomResourceDefinition: get patch update`,
  columns: `
    customresourcedefinitions: Name/name, Created At:date`,
  types: {
    ConversionRequest: `
      uid 1 string always
      desiredAPIVersion 2 string always
      objects 3 []raw atomic always`,
    ConversionResponse: `
      uid 1 string always
      convertedObjects 2 []raw atomic always
      result 3 Status always`,
    ConversionReview: `[kind]
      request 1 *ConversionRequest
      response 2 *ConversionResponse`,
    CustomResourceColumnDefinition: `
      name 1 string!
      type 2 string!
      format 3 string
      description 4 string
      priority 5 int32
      jsonPath 6 string!`,
    CustomResourceConversion: `
      strategy 1 string!
      webhook 2 *WebhookConversion`,
    CustomResourceDefinition: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CustomResourceDefinitionSpec! | What is wanted.
      status 3 CustomResourceDefinitionStatus | What was last observed; written by the system.`,
    CustomResourceDefinitionCondition: `
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.
      observedGeneration 6 int64 | The generation of the object that the condition was made from.`,
    CustomResourceDefinitionNames: `
      plural 1 string!
      singular 2 string
      shortNames 3 []string atomic
      kind 4 string!
      listKind 5 string
      categories 6 []string atomic`,
    CustomResourceDefinitionSpec: `
      group 1 string!
      names 3 CustomResourceDefinitionNames!
      scope 4 string!
      versions 7 []CustomResourceDefinitionVersion! atomic
      conversion 9 *CustomResourceConversion
      preserveUnknownFields 10 bool`,
    CustomResourceDefinitionStatus: `
      conditions 1 []CustomResourceDefinitionCondition always map(type)
      acceptedNames 2 CustomResourceDefinitionNames always
      storedVersions 3 []string always atomic
      observedGeneration 4 int64`,
    CustomResourceDefinitionVersion: `
      name 1 string!
      served 2 bool!
      storage 3 bool!
      deprecated 7 bool
      deprecationWarning 8 *string
      schema 4 *CustomResourceValidation
      subresources 5 *CustomResourceSubresources
      additionalPrinterColumns 6 []CustomResourceColumnDefinition atomic
      selectableFields 9 []SelectableField atomic`,
    CustomResourceSubresourceScale: `
      specReplicasPath 1 string!
      statusReplicasPath 2 string!
      labelSelectorPath 3 *string`,
    CustomResourceSubresourceStatus: ``,
    CustomResourceSubresources: `
      status 1 *CustomResourceSubresourceStatus | What was last observed; written by the system.
      scale 2 *CustomResourceSubresourceScale`,
    CustomResourceValidation: `
      openAPIV3Schema 1 *JSONSchemaProps`,
    ExternalDocumentation: `
      description 1 string
      url 2 string`,
    JSONSchemaProps: `
      id 1 string
      $schema 2 string
      $ref 3 *string
      description 4 string
      type 5 string
      format 6 string
      title 7 string
      default 8 *raw
      maximum 9 *double
      exclusiveMaximum 10 bool
      minimum 11 *double
      exclusiveMinimum 12 bool
      maxLength 13 *int64
      minLength 14 *int64
      pattern 15 string
      maxItems 16 *int64
      minItems 17 *int64
      uniqueItems 18 bool
      multipleOf 19 *double
      enum 20 []raw atomic
      maxProperties 21 *int64
      minProperties 22 *int64
      required 23 []string atomic
      items 24 *schemaOrArray
      allOf 25 []JSONSchemaProps atomic
      oneOf 26 []JSONSchemaProps atomic
      anyOf 27 []JSONSchemaProps atomic
      not 28 *JSONSchemaProps
      properties 29 map[JSONSchemaProps]
      additionalProperties 30 *schemaOrBool
      patternProperties 31 map[JSONSchemaProps]
      dependencies 32 map[schemaOrStrings]
      additionalItems 33 *schemaOrBool
      definitions 34 map[JSONSchemaProps]
      externalDocs 35 *ExternalDocumentation
      example 36 *raw
      nullable 37 bool
      x-kubernetes-preserve-unknown-fields 38 *bool
      x-kubernetes-embedded-resource 39 bool
      x-kubernetes-int-or-string 40 bool
      x-kubernetes-list-map-keys 41 []string atomic
      x-kubernetes-list-type 42 *string
      x-kubernetes-map-type 43 *string
      x-kubernetes-validations 44 []ValidationRule map(rule) patch=merge(rule)`,
    SelectableField: `
      jsonPath 1 string!`,
    ServiceReference: `
      namespace 1 string!
      name 2 string!
      path 3 *string
      port 4 *int32`,
    ValidationRule: `
      rule 1 string!
      message 2 string
      messageExpression 3 string
      reason 4 *string
      fieldPath 5 string
      optionalOldSelf 6 *bool`,
    WebhookClientConfig: `
      url 3 *string
      service 1 *ServiceReference
      caBundle 2 bytes`,
    WebhookConversion: `
      clientConfig 2 *WebhookClientConfig
      conversionReviewVersions 3 []string! atomic`,
  },
}
