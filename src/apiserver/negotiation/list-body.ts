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

export interface ListHead {
  apiVersion: string
  kind: string
  metadata: ListMeta
}

export type ListBody = Uint8Array | AsyncIterable<Uint8Array>

/** Stored bytes with their versions spliced in. */
export function jsonListBody({ splice }: Served, head: ListHead, items: readonly Stored[]): ListBody {
  const { kind, apiVersion, metadata } = head
  const opening = `${JSON.stringify({ kind, apiVersion, metadata }).slice(0, -1)},"items":[`
  const closing = ']}\n'
  const groups = inGroups(items, ({ value }) => value.length)
  if (groups.length <= 1) return joinItems(splice, items, opening, closing)
  const last = groups.length - 1
  return piecewise(groups, (group, index) =>
    joinItems(splice, group, index === 0 ? opening : ',', index === last ? closing : ''),
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
  return piecewise(groups, (group) => Buffer.concat(group))
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

async function* piecewise<T>(
  groups: readonly (readonly T[])[],
  make: (group: readonly T[], index: number) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  for (const [index, group] of groups.entries()) yield make(group, index)
}
