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
    ConversionRequest: `Objects that are to be converted.
      uid 1 string always | Identifies the question; the answer repeats it.
      desiredAPIVersion 2 string always | The version wanted.
      objects 3 []raw atomic always | The objects.`,
    ConversionResponse: `Objects after conversion.
      uid 1 string always | The uid of the request.
      convertedObjects 2 []raw atomic always | The objects, in the same order.
      result 3 Status always | Success, or why not.`,
    ConversionReview: `[kind] A question to a conversion webhook, and its answer.
      request 1 *ConversionRequest | The question.
      response 2 *ConversionResponse | The answer.`,
    CustomResourceColumnDefinition: `A column of tables.
      name 1 string! | Its heading.
      type 2 string! | integer, number, string, boolean or date.
      format 3 string | Such as name, int32 or date-time.
      description 4 string | What it shows.
      priority 5 int32 | Above 0: in wide tables only.
      jsonPath 6 string! | Where the value is, such as .spec.replicas.`,
    CustomResourceConversion: `How versions are converted.
      strategy 1 string! | None, which changes only apiVersion, or Webhook.
      webhook 2 *WebhookConversion | The web service.`,
    CustomResourceDefinition: `[kind] Adds a kind of objects to the API.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CustomResourceDefinitionSpec! | What is wanted.
      status 3 CustomResourceDefinitionStatus | What was last observed; written by the system.`,
    CustomResourceDefinitionCondition: `One aspect of a definition's state, such as Established.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.
      observedGeneration 6 int64 gate=CRDObservedGenerationTracking | The generation of the object that the condition was made from.`,
    CustomResourceDefinitionNames: `Names of a kind.
      plural 1 string! | In paths.
      singular 2 string | For command lines; the kind in small letters when absent.
      shortNames 3 []string atomic | Abbreviations for command lines.
      kind 4 string! | In objects.
      listKind 5 string | In lists; the kind with List when absent.
      categories 6 []string atomic | Groups of resources that are listed together, such as all.`,
    CustomResourceDefinitionSpec: `What the kind is like.
      group 1 string! | Its API group.
      names 3 CustomResourceDefinitionNames! | Its names.
      scope 4 string! | Cluster or Namespaced.
      versions 7 []CustomResourceDefinitionVersion! atomic | Its versions.
      conversion 9 *CustomResourceConversion | How versions are converted.
      preserveUnknownFields 10 bool | Must be false.`,
    CustomResourceDefinitionStatus: `What is known of a definition.
      conditions 1 []CustomResourceDefinitionCondition always map(type) | Aspects of the state.
      acceptedNames 2 CustomResourceDefinitionNames always | Names that it has got.
      storedVersions 3 []string always atomic | Versions that objects may be stored in.
      observedGeneration 4 int64 gate=CRDObservedGenerationTracking | The generation that was looked at.`,
    CustomResourceDefinitionVersion: `A version of the kind.
      name 1 string! | Such as v1 or v1beta1.
      served 2 bool! | It can be used.
      storage 3 bool! | Objects are stored in it; true for exactly one.
      deprecated 7 bool | Clients are warned.
      deprecationWarning 8 *string | The warning.
      schema 4 *CustomResourceValidation | What objects look like.
      subresources 5 *CustomResourceSubresources | Its subresources.
      additionalPrinterColumns 6 []CustomResourceColumnDefinition atomic | Columns of tables.
      selectableFields 9 []SelectableField atomic | Fields for field selectors.`,
    CustomResourceSubresourceScale: `Where the number of pods stands.
      specReplicasPath 1 string! | The number wanted, such as .spec.replicas.
      statusReplicasPath 2 string! | The number that there is.
      labelSelectorPath 3 *string | The pods' labels, as text.`,
    CustomResourceSubresourceStatus: `The status is written apart from the rest.`,
    CustomResourceSubresources: `Subresources of a version.
      status 1 *CustomResourceSubresourceStatus | The status is written apart from the rest.
      scale 2 *CustomResourceSubresourceScale | The number of pods can be read and written.`,
    CustomResourceValidation: `What objects look like.
      openAPIV3Schema 1 *JSONSchemaProps | The schema.`,
    ExternalDocumentation: `A document elsewhere.
      description 1 string | What it is.
      url 2 string | Where it is.`,
    JSONSchemaProps: `A JSON schema, as OpenAPI 3 has it.
      id 1 string | Not allowed in custom resources.
      $schema 2 string | Not allowed in custom resources.
      $ref 3 *string | Not allowed in custom resources.
      description 4 string | What the value means.
      type 5 string | object, array, string, integer, number or boolean.
      format 6 string | Such as date-time, int32 or byte.
      title 7 string | A short name.
      default 8 *raw | Filled in when absent.
      maximum 9 *double | Largest number.
      exclusiveMaximum 10 bool | The maximum itself is too large.
      minimum 11 *double | Smallest number.
      exclusiveMinimum 12 bool | The minimum itself is too small.
      maxLength 13 *int64 | Most characters.
      minLength 14 *int64 | Fewest characters.
      pattern 15 string | Regular expression that a string must match.
      maxItems 16 *int64 | Most items.
      minItems 17 *int64 | Fewest items.
      uniqueItems 18 bool | Not allowed in custom resources; use x-kubernetes-list-type set.
      multipleOf 19 *double | Numbers must be a multiple of it.
      enum 20 []raw atomic | The values that are allowed.
      maxProperties 21 *int64 | Most members.
      minProperties 22 *int64 | Fewest members.
      required 23 []string atomic | Members that must be there.
      items 24 *schemaOrArray | Schema of the items.
      allOf 25 []JSONSchemaProps atomic | All of these must fit.
      oneOf 26 []JSONSchemaProps atomic | Exactly one of these must fit.
      anyOf 27 []JSONSchemaProps atomic | At least one of these must fit.
      not 28 *JSONSchemaProps | This must not fit.
      properties 29 map[JSONSchemaProps] | Schemas of members by name.
      additionalProperties 30 *schemaOrBool | Schema of other members, or whether they are allowed.
      patternProperties 31 map[JSONSchemaProps] | Not allowed in custom resources.
      dependencies 32 map[schemaOrStrings] | Not allowed in custom resources.
      additionalItems 33 *schemaOrBool | Not allowed in custom resources.
      definitions 34 map[JSONSchemaProps] | Not allowed in custom resources.
      externalDocs 35 *ExternalDocumentation | A document elsewhere.
      example 36 *raw | An example.
      nullable 37 bool | null is allowed.
      x-kubernetes-preserve-unknown-fields 38 *bool | Members that the schema does not name are kept.
      x-kubernetes-embedded-resource 39 bool | The value is an object with apiVersion, kind and metadata.
      x-kubernetes-int-or-string 40 bool | The value is an integer or a string.
      x-kubernetes-list-map-keys 41 []string atomic | Members that name an item, for the list type map.
      x-kubernetes-list-type 42 *string | atomic, set or map: how lists are merged.
      x-kubernetes-map-type 43 *string | granular or atomic: how objects are merged.
      x-kubernetes-validations 44 []ValidationRule map(rule) patch=merge(rule) | Rules in CEL.`,
    SelectableField: `A field for field selectors.
      jsonPath 1 string! | Where it is, such as .spec.color.`,
    ServiceReference: `A Service that is called over HTTPS.
      namespace 1 string! | Its namespace.
      name 2 string! | Its name.
      path 3 *string | Path of the request.
      port 4 *int32 | Its port; 443 when absent.`,
    ValidationRule: `A rule in CEL.
      rule 1 string! | CEL that must be true; self is the value, oldSelf the one before.
      message 2 string | What is said when it is not.
      messageExpression 3 string | CEL that gives the message.
      reason 4 *string enum(FieldValueDuplicate,FieldValueForbidden,FieldValueInvalid,FieldValueRequired) | FieldValueInvalid, FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.
      fieldPath 5 string | The field that is to blame.
      optionalOldSelf 6 *bool | oldSelf is optional, so that the rule holds for new objects too.`,
    WebhookClientConfig: `Where a web service is; one of url and service.
      url 3 *string | Its address.
      service 1 *ServiceReference | A Service.
      caBundle 2 bytes | Roots that its certificate must go back to, as PEM.`,
    WebhookConversion: `Conversion by a web service.
      clientConfig 2 *WebhookClientConfig | Where it is.
      conversionReviewVersions 3 []string! atomic | Versions of ConversionReview that it knows, best first.`,
  },
}
