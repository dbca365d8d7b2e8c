/**
 * Lists from what their items were encoded to before: joined when short, in pieces that are made while they are sent when
 * long, so that no list stands in memory as a whole.
 */
import { encodeMessage, protobufListEnvelope, protobufListItem } from '../../api/codec/protobuf.ts'
import type { ListMeta } from '../../api/types/meta/v1.ts'
import { limits } from '../../limits.ts'
import { endOfTurn } from '../../platform/turn.ts'
import { joinItems, type Stored } from '../cache/stored.ts'
import { fromStored } from '../registry/persistence.ts'
import type { Served } from '../scheme/served.ts'
import { Pieces, type Room } from './pieces.ts'

export interface ListHead {
  apiVersion: string
  kind: string
  metadata: ListMeta
}

export type ListBody = Uint8Array | Pieces

/** Stored bytes with their versions spliced in. */
export function jsonListBody({ splice }: Served, head: ListHead, items: readonly Stored[]): ListBody {
  const { kind, apiVersion, metadata } = head
  const opening = `${JSON.stringify({ kind, apiVersion, metadata }).slice(0, -1)},"items":[`
  const closing = ']}\n'
  const groups = inGroups(items, ({ value }) => value.length)
  if (groups.length <= 1) return joinItems(splice, items, { opening, closing })
  const last = groups.length - 1
  return new Pieces(groups.length, (index, room) =>
    joinItems(splice, groups[index]!, {
      opening: index === 0 ? opening : ',',
      closing: index === last ? closing : '',
      room,
    }),
  )
}

/** Messages that were encoded before, those that were not in steps: others need not wait for all of them. */
export async function protobufListBody(served: Served, head: ListHead, items: readonly Stored[]): Promise<ListBody> {
  const messages: Uint8Array[] = []
  let length = 0
  let encoded = 0
  for (const stored of items) {
    let message = stored.message(served.type)
    if (!message) {
      message = protobufListItem(encodeMessage(served.type, fromStored(served, stored)))
      stored.keepMessage(served.type, message)
      encoded += 1
      if (encoded % limits.encodedPerTurn === 0) await new Promise<void>(endOfTurn)
    }
    length += message.length
    messages.push(message)
  }
  const { before, after } = protobufListEnvelope(head, served.listType, length)
  const groups = inGroups([before, ...messages, after], (bytes) => bytes.length)
  if (groups.length <= 1) return Buffer.concat(groups[0]!)
  return new Pieces(groups.length, (index, room) => joined(groups[index]!, room))
}

/**
 * A list in JSON whose items have to be made, some at a time while they are sent.
 *
 * @param listOf the list of these items only; its member `last` holds them and is the last one
 */
export function madeListBody(
  items: readonly Stored[],
  last: 'items' | 'rows',
  listOf: (items: readonly Stored[]) => object,
): ListBody {
  const { encodedPerTurn } = limits
  const count = Math.max(1, Math.ceil(items.length / encodedPerTurn))
  const encoded = (index: number): Uint8Array => {
    const text = JSON.stringify(listOf(items.slice(index * encodedPerTurn, (index + 1) * encodedPerTurn)))
    const opening = index === 0 ? 0 : text.indexOf(`"${last}":[`) + last.length + 4
    const end = index === count - 1 ? `${text}\n` : text.slice(0, -']}'.length)
    return Buffer.from(index === 0 ? end : `,${end.slice(opening)}`)
  }
  return count === 1 ? encoded(0) : new Pieces(count, encoded)
}

function inGroups<T>(items: readonly T[], lengthOf: (item: T) => number): T[][] {
  const groups: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    if (bytes >= limits.listPieceBytes) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)!.push(item)
    bytes += lengthOf(item)
  }
  return groups
}

function joined(messages: readonly Uint8Array[], room: Room): Uint8Array {
  const bytes = room(messages.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const message of messages) {
    bytes.set(message, at)
    at += message.length
  }
  return bytes.subarray(0, at)
}
