/**
 * Bodies of requests and answers as an audit shows them. What holds secrets or tokens is never shown, whatever the policy
 * says: a policy of one line must not fill a log with them.
 */
import type { RequestInfo } from '../request.ts'

/** Resources whose bodies are never recorded, by `resource[/subresource].group`. */
const sensitive: ReadonlySet<string> = new Set([
  'secrets.',
  'tokenreviews.authentication.k8s.io',
  'serviceaccounts/token.',
])

export function isSensitive({ isResourceRequest, resource, subresource, apiGroup }: RequestInfo): boolean {
  if (!isResourceRequest) return false
  const full = `${resource}/${subresource}.${apiGroup}`
  return sensitive.has(`${resource}.${apiGroup}`) || sensitive.has(full)
}

/** Bodies that are no object of the API (a pod's answer through a proxy, a log) are left out: undefined. */
export async function documentOf(contentType: string | undefined, body: Uint8Array): Promise<unknown> {
  if (body.length === 0) return undefined
  const mediaType = (contentType ?? 'application/json').split(';')[0]?.trim() ?? ''
  try {
    if (mediaType === 'application/vnd.kubernetes.protobuf') {
      const { decodeProtobuf } = await import('../../api/codec/protobuf.ts')
      return decodeProtobuf(body)
    }
    if (/^application\/(.*\+)?json$/.test(mediaType)) return JSON.parse(Buffer.from(body).toString('utf8'))
    if (!/^application\/(.*[-+])?yaml$/.test(mediaType)) return undefined
    const { parseYaml } = await import('../../api/codec/yaml.ts')
    return parseYaml(body).value
  } catch {
    return undefined
  }
}

/** Without `metadata.managedFields`, of the object or of a list's items. The document is not shared with anyone. */
export function withoutManagedFields(document: unknown): unknown {
  const object = document as { metadata?: { managedFields?: unknown }; items?: unknown } | undefined
  if (typeof object !== 'object' || object === null) return document
  if (typeof object.metadata === 'object' && object.metadata !== null) delete object.metadata.managedFields
  if (Array.isArray(object.items)) for (const item of object.items) withoutManagedFields(item)
  return document
}
