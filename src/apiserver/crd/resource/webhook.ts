/**
 * Conversion between versions by a webhook (ConversionReview): what is asked, and what of the answer is taken. Metadata
 * stays as it was but for labels and annotations.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion,
 * apiextensions-apiserver's `conversion/webhook_converter.go`; texts are upstream's.
 */
import { fieldErrorText } from '../../../api/errors.ts'
import type { KubeObject } from '../../../api/meta.ts'
import { plainFailure } from '../../../api/patch/failures.ts'
import { isObject, type JsonObject } from '../../../api/patch/json-value.ts'
import type { CustomResourceConversion } from '../../../api/types/apiextensions/v1.ts'
import type { ObjectMeta } from '../../../api/types/meta/v1.ts'
import { limits } from '../../../limits.ts'
import { validateAnnotations, validateLabels } from '../../registry/validation/labels.ts'
import { callWebhook, type WebhookParts } from '../../webhook/client.ts'

export interface WebhookConverter {
  /** In the same order; those of the wanted version already are not sent. Throws an `ApiError`. */
  convert(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]>
}

export interface ConverterParts {
  /** Absent: every call fails. */
  webhooks: WebhookParts | undefined
  /** Looked at for each call: the definition may change. */
  conversion(): CustomResourceConversion
}

export function webhookConverter(parts: ConverterParts): WebhookConverter {
  return {
    async convert(objects, apiVersion) {
      const results = [...objects]
      const waiting = objects
        .map((object, index) => ({ object, index }))
        .filter(({ object }) => object.apiVersion !== apiVersion)
      for (let from = 0; from < waiting.length; from += limits.conversionObjectsMax) {
        const batch = waiting.slice(from, from + limits.conversionObjectsMax)
        const converted = await ask(
          parts,
          batch.map(({ object }) => object),
          apiVersion,
        )
        for (const [place, { index }] of batch.entries()) results[index] = converted[place]!
      }
      return results
    },
  }
}

async function ask(parts: ConverterParts, objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]> {
  const what = kindText(objects[0])
  try {
    const { webhooks } = parts
    const { webhook } = parts.conversion()
    if (!webhooks || !webhook?.clientConfig) throw new Error('this server has no way to webhooks')
    const review = webhook.conversionReviewVersions?.find((version) => version === 'v1' || version === 'v1beta1')
    if (!review) throw new Error('no supported conversion review versions')
    const uid = webhooks.random.uuid()
    const question = {
      kind: 'ConversionReview',
      apiVersion: `apiextensions.k8s.io/${review}`,
      request: { uid, desiredAPIVersion: apiVersion, objects },
    }
    const reply = await callWebhook(webhooks, {
      config: webhook.clientConfig,
      body: question,
      timeoutSeconds: limits.conversionTimeoutSeconds,
      answerBytesMax: limits.conversionAnswerBytesMax,
    })
    return taken(reply, { uid, review, objects, apiVersion })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw plainFailure(`conversion webhook for ${what} ${error instanceof WrongAnswer ? why : `failed: ${why}`}`)
  }
}

/** The webhook said that it had done what it was asked. */
class WrongAnswer extends Error {}

interface Question {
  uid: string
  review: string
  objects: readonly KubeObject[]
  apiVersion: string
}

function taken(reply: unknown, { uid, review, objects, apiVersion }: Question): KubeObject[] {
  if (!isObject(reply) || reply.kind !== 'ConversionReview' || reply.apiVersion !== `apiextensions.k8s.io/${review}`)
    throw new Error(`expected webhook response of apiextensions.k8s.io/${review}, Kind=ConversionReview`)
  const { response } = reply
  if (!isObject(response)) throw new Error('no response provided')
  if (response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  const result = isObject(response.result) ? response.result : {}
  if (result.status !== 'Success')
    throw new Error(String(result.message || `response.result.status was '${result.status ?? ''}', not 'Success'`))
  const converted = Array.isArray(response.convertedObjects) ? response.convertedObjects : []
  if (converted.length !== objects.length)
    throw new WrongAnswer(`returned ${converted.length} objects, expected ${objects.length}`)
  return objects.map((object, index) => checked(object, converted[index], { apiVersion, index }))
}

function checked(
  original: KubeObject,
  given: unknown,
  { apiVersion, index }: { apiVersion: string; index: number },
): KubeObject {
  const refuse = (why: string): Error => new WrongAnswer(`returned invalid object at index ${index}: ${why}`)
  if (!isObject(given)) throw refuse('must be an object')
  if (given.apiVersion !== apiVersion)
    throw refuse(`invalid groupVersion (expected ${apiVersion}, received ${given.apiVersion ?? ''})`)
  if (given.kind !== original.kind)
    throw refuse(`invalid kind (expected ${original.kind}, received ${given.kind ?? ''})`)
  const metadata = isObject(given.metadata) ? given.metadata : {}
  for (const [field, name] of sameFields) {
    const [before, after] = [original.metadata[field] ?? '', metadata[field] ?? '']
    if (before !== after)
      throw new WrongAnswer(`returned invalid object: must have the same ${name}: ${before} != ${after}`)
  }
  return { ...given, metadata: keptMetadata(original.metadata, metadata) } as KubeObject
}

const sameFields = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
] as const

function keptMetadata(original: ObjectMeta, given: JsonObject): ObjectMeta {
  const kept: ObjectMeta = { ...original }
  for (const field of ['labels', 'annotations'] as const) {
    const value = given[field]
    if (value === undefined || value === null) {
      delete kept[field]
      continue
    }
    if (!isObject(value) || Object.values(value).some((each) => typeof each !== 'string'))
      throw new WrongAnswer(`returned invalid metadata: metadata.${field} must be strings`)
    const texts = value as Record<string, string>
    const path = `metadata.${field}`
    const errors = field === 'labels' ? validateLabels(path, texts) : validateAnnotations(path, texts)
    if (errors.length > 0) {
      const shown = errors.map(fieldErrorText)
      throw new WrongAnswer(`returned invalid metadata: ${shown.length === 1 ? shown[0] : `[${shown.join(', ')}]`}`)
    }
    kept[field] = texts
  }
  return kept
}

/** Go's print of a group, version and kind. */
function kindText(object: KubeObject | undefined): string {
  return `${object?.apiVersion ?? ''}, Kind=${object?.kind ?? ''}`
}
