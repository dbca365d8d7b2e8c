/**
 * Lists from what their items were encoded to before: joined when short, in pieces that are made while they are sent when
 * long, so that no list stands in memory as a whole.
 */
import { parseExactly } from '../../api/codec/exact-json.ts'
import { encodeMessage, protobufListEnvelope, protobufListItem } from '../../api/codec/protobuf.ts'
import { encodeYaml } from '../../api/codec/yaml-write.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import type { ListMeta } from '../../api/types/meta/v1.ts'
import { limits } from '../../limits.ts'
import { ownTurn } from '../../platform/turn.ts'
import { joinItems, type Stored, turnsOf } from '../cache/stored.ts'
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

/** The items of a list as messages, and how they are made. */
export interface Messages {
  items: readonly Stored[]
  listType: StructNode
  of(stored: Stored): Uint8Array
}

/** The messages of objects as they are: encoded once, and kept for every reader. */
export function keptMessages(served: Served, items: readonly Stored[]): Messages {
  const { type, listType } = served
  const of = (stored: Stored): Uint8Array => {
    const known = stored.message(type)
    if (known) return known
    const message = protobufListItem(encodeMessage(type, fromStored(served, stored)))
    stored.keepMessage(type, message)
    return message
  }
  return { items, listType, of }
}

/** A few messages at a time: others need not wait for all of them. */
export async function protobufListBody(head: ListHead, { items, listType, of }: Messages): Promise<ListBody> {
  const messages: Uint8Array[] = []
  let length = 0
  for (const [index, some] of turnsOf(items, limits.encodedPerTurn).entries()) {
    if (index > 0) await ownTurn()
    for (const stored of some) {
      const message = of(stored)
      length += message.length
      messages.push(message)
    }
  }
  const { before, after } = protobufListEnvelope(head, listType, length)
  const groups = inGroups([before, ...messages, after], (bytes) => bytes.length)
  if (groups.length <= 1) return Buffer.concat(groups[0]!)
  return new Pieces(groups.length, (index, room) => joined(groups[index]!, room))
}

/** A list whose items have to be made. */
export interface MadeList {
  items: readonly Stored[]
  /** The member that holds them. It is the list's last one. */
  member: 'items' | 'rows'
  /** The list of these items only, as JSON. */
  textOf(items: readonly Stored[]): string
}

/** A list in JSON, some items at a time while it is sent. */
export function madeListBody({ items, member, textOf }: MadeList): ListBody {
  return inSteps(items, (some, { isFirst, isLast }) => {
    const text = textOf(some)
    const opening = isFirst ? 0 : text.indexOf(`"${member}":[`) + member.length + 4
    const end = isLast ? `${text}\n` : text.slice(0, -']}'.length)
    return isFirst ? end : `,${end.slice(opening)}`
  })
}

/** The same in YAML, which has the members in order: some stand behind the items. */
export function yamlListBody({ items, member, textOf }: MadeList): ListBody {
  return inSteps(items, (some, { isFirst, isLast }) => {
    const { [member]: made, ...others } = parseExactly(textOf(some)) as Record<string, unknown>
    const membersText = (wanted: (name: string) => boolean): string => {
      const members = Object.entries(others).filter(([name]) => wanted(name))
      return members.length === 0 ? '' : encodeYaml(Object.fromEntries(members))
    }
    const isEmpty = items.length === 0
    const opening = isFirst ? `${membersText((name) => name < member)}${member}:${isEmpty ? ' []' : ''}\n` : ''
    return opening + (isEmpty ? '' : encodeYaml(made)) + (isLast ? membersText((name) => name > member) : '')
  })
}

/** What `limits.encodedPerTurn` items are. */
const encodedShare = 1 / 4

type Place = { isFirst: boolean; isLast: boolean }

function inSteps(items: readonly Stored[], textOf: (items: readonly Stored[], place: Place) => string): ListBody {
  const turns = turnsOf(items, limits.encodedPerTurn)
  const count = Math.max(1, turns.length)
  const encoded = (index: number): Uint8Array =>
    Buffer.from(textOf(turns[index] ?? [], { isFirst: index === 0, isLast: index === count - 1 }))
  return count === 1 ? encoded(0) : new Pieces(count, encoded, encodedShare)
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
