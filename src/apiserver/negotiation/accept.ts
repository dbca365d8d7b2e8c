/**
 * Content negotiation: which encoding and which view of an object the client asked for.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
import { apiError } from '../../api/errors.ts'

export type Encoding = 'json' | 'yaml' | 'protobuf'
export type View = 'object' | 'table' | 'partial' | 'partial-list'

export interface Representation {
  encoding: Encoding
  view: View
  /** Objects in table rows: `None`, `Metadata` (default) or `Object`. */
  includeObject: 'None' | 'Metadata' | 'Object'
  /** Of tables and metadata alone. */
  version: 'v1' | 'v1beta1'
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
  /** Whether a path can be watched, or the request is a watch. Both stand in what a 406 says. */
  watch?: 'possible' | 'asked' | undefined
  /** Custom resources have no protobuf, but for views that are the same for all kinds. */
  custom?: boolean | undefined
  /** Upstream's router does not look at the header before who answers does. Default: `custom`. */
  looksItself?: boolean
}

/** The first clause that the endpoint can satisfy; JSON when the client does not say. Throws a 406. */
export function negotiate(header: string | undefined, offer: Offer): Representation {
  if (header === undefined || header === '' || header === mediaTypes.json) return plainJson
  const clauses = parseAccept(header)
  const { looksItself = offer.custom } = offer
  if (!looksItself && !clauses.some((clause) => isRouted(clause, offer))) throw notRouted(offer)
  for (const clause of clauses) {
    const encoding = encodingOf(clause.mediaType, offer.encodings)
    const view = viewOf(clause)
    if (!encoding || !view || !isStreamed(clause, encoding)) continue
    if (view !== 'object' && !offer.views.includes(view)) continue
    if (encoding === 'protobuf' && (view === 'table' || (view === 'object' && offer.custom))) continue
    // The next clause is not tried: what was chosen has no stream.
    if (encoding === 'yaml' && offer.watch === 'asked') throw notAcceptable(offer, true)
    const version = view !== 'object' && clause.parameters.get('v') === 'v1beta1' ? 'v1beta1' : 'v1'
    return { encoding, view, includeObject: 'Metadata', version }
  }
  throw notAcceptable(offer)
}

export const plainJson: Representation = { encoding: 'json', view: 'object', includeObject: 'Metadata', version: 'v1' }

/** JSON where anything will do; undefined for what is not offered. */
export function encodingOf(mediaType: string, encodings: readonly Encoding[]): Encoding | undefined {
  if (mediaType === '*/*' || mediaType === 'application/*') return 'json'
  return encodings.find((encoding) => mediaTypes[encoding] === mediaType)
}

/** Whether a stream is asked for of what can be one; watches are such without being asked. */
function isStreamed({ parameters }: Clause, encoding: Encoding): boolean {
  const stream = parameters.get('stream')
  return stream === undefined || (stream === 'watch' && encoding !== 'yaml')
}

function viewOf({ parameters }: Clause): View | undefined {
  const as = parameters.get('as') || undefined
  const version = parameters.get('v')
  if (as === undefined) return parameters.has('g') || version !== undefined ? undefined : 'object'
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  if (as === 'Table') return 'table'
  return as === 'PartialObjectMetadata' ? 'partial' : as === 'PartialObjectMetadataList' ? 'partial-list' : undefined
}

/** Upstream's router knows what is offered by its full name, and no other pattern than the widest. */
function isRouted({ mediaType }: Clause, { encodings }: Offer): boolean {
  return mediaType === '*/*' || encodings.some((encoding) => mediaTypes[encoding] === mediaType)
}

function notRouted(offer: Offer): Error {
  const { types, streams } = typesOf(offer)
  const message = `406: Not Acceptable\n\nAvailable representations: ${[...types, ...streams].join(', ')}`
  return apiError({ code: 406, reason: 'NotAcceptable', message, details: {} })
}

function typesOf({ encodings, watch }: Offer): { types: string[]; streams: string[] } {
  const types = encodings.map((each) => mediaTypes[each])
  const streams = watch ? types.filter((each) => each !== mediaTypes.yaml).map((each) => `${each};stream=watch`) : []
  return { types, streams }
}

/** A known encoding in a form that it lacks here. */
function notAcceptable(offer: Offer, streamed = false): Error {
  const { types, streams } = typesOf(offer)
  const message = `only the following media types are accepted: ${(streamed ? streams : types).join(', ')}`
  return apiError({ code: 406, reason: 'NotAcceptable', message })
}

export interface StatusForm {
  encoding: Encoding
  /** The client named nothing that a Status could come in: it is written for people. */
  indented: boolean
}

/** Of an answer that has one view only (a Status): what the client likes best of what we have. */
export function statusForm(header: string | undefined): StatusForm {
  const clauses = parseAccept(header ?? '')
  for (const { mediaType, parameters } of clauses) {
    const encoding = parameters.has('as') ? undefined : encodingOf(mediaType, ['json', 'yaml', 'protobuf'])
    if (encoding) return { encoding, indented: false }
  }
  return { encoding: 'json', indented: clauses.length > 0 }
}

function splitParameter(word: string): [string, string] {
  const equals = word.indexOf('=')
  return equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)]
}
