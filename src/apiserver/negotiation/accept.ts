/**
 * Content negotiation: which encoding and which view of an object the client asked for.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
import { apiError } from '../../api/errors.ts'

export type Encoding = 'json' | 'yaml' | 'protobuf'
export type View = 'object' | 'table' | 'partial'

export interface Representation {
  encoding: Encoding
  view: View
  /** Objects in table rows: `None`, `Metadata` (default) or `Object`. */
  includeObject: 'None' | 'Metadata' | 'Object'
}

export const mediaTypes: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
}

export interface Clause {
  mediaType: string
  parameters: ReadonlyMap<string, string>
  quality: number
}

/** What stands further behind in a header is not looked at; browsers send five. */
const clausesMax = 50

/** What is no number between 0 and 1 counts as 1. */
function qualityOf(text = '1'): number {
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(text) ? Number(text) : 1
}

/** Clauses by falling quality; those of equal quality in the order sent. */
export function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = []
  for (const part of header.split(',', clausesMax)) {
    const [mediaType = '', ...rest] = part.split(';').map((word) => word.trim())
    if (mediaType === '') continue
    const parameters = new Map(rest.map((word): [string, string] => splitParameter(word)))
    clauses.push({ mediaType, parameters, quality: qualityOf(parameters.get('q')) })
  }
  return clauses.sort((left, right) => right.quality - left.quality)
}

export interface Offer {
  /** Views that this endpoint can give besides the object itself. */
  views: readonly View[]
  encodings: readonly Encoding[]
  /** Custom resources have no protobuf, but for views that are the same for all kinds. */
  custom?: boolean | undefined
}

/** The first clause that the endpoint can satisfy; JSON when the client does not say. Throws a 406. */
export function negotiate(header: string | undefined, offer: Offer): Representation {
  if (header === mediaTypes.json) return plainJson
  const clauses = parseAccept(header ?? '')
  if (clauses.length === 0) return plainJson
  for (const clause of clauses) {
    const encoding = encodingOf(clause.mediaType, offer.encodings)
    const view = viewOf(clause)
    if (!encoding || !view) continue
    if (view !== 'object' && !offer.views.includes(view)) continue
    if (encoding === 'protobuf' && (view === 'table' || (view === 'object' && offer.custom))) continue
    return { encoding, view, includeObject: 'Metadata' }
  }
  throw notAcceptable(
    offer.custom ? offer.encodings.filter((encoding) => encoding !== 'protobuf') : offer.encodings,
    clauses.some(({ mediaType }) => encodingOf(mediaType, offer.encodings)),
  )
}

export const plainJson: Representation = { encoding: 'json', view: 'object', includeObject: 'Metadata' }

/** JSON where anything will do; undefined for what is not offered. */
export function encodingOf(mediaType: string, encodings: readonly Encoding[]): Encoding | undefined {
  if (mediaType === '*/*' || mediaType === 'application/*') return 'json'
  return encodings.find((encoding) => mediaTypes[encoding] === mediaType)
}

function viewOf({ parameters }: Clause): View | undefined {
  const as = parameters.get('as')
  if (as === undefined) return 'object'
  const version = parameters.get('v')
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  if (as === 'Table') return 'table'
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'partial' : undefined
}

/** Upstream says it in two ways: a known encoding in a view it lacks, and an encoding that nothing here has. */
function notAcceptable(encodings: readonly Encoding[], knownEncoding: boolean): Error {
  const list = encodings.map((encoding) => mediaTypes[encoding]).join(', ')
  if (knownEncoding) {
    const message = `only the following media types are accepted: ${list}`
    return apiError({ code: 406, reason: 'NotAcceptable', message })
  }
  const message = `406: Not Acceptable\n\nAvailable representations: ${list}`
  return apiError({ code: 406, reason: 'NotAcceptable', message, details: {} })
}

/** The encoding for an answer that has one view only (a Status): what the client likes best of what we have. */
export function preferredEncoding(header: string | undefined): Encoding {
  for (const { mediaType } of parseAccept(header ?? '')) {
    const encoding = encodingOf(mediaType, ['json', 'yaml', 'protobuf'])
    if (encoding) return encoding
  }
  return 'json'
}

function splitParameter(word: string): [string, string] {
  const equals = word.indexOf('=')
  return equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)]
}
