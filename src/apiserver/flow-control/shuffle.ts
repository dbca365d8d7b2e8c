/**
 * Shuffle sharding: each flow may use a few queues of many, so that one busy flow fills some of the queues of some others
 * but hardly ever all of them. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#queuing
 */
import { createHash } from 'node:crypto'

/** Deals `handSize` different cards of a deck, the same for the same flow. */
export class Dealer {
  readonly #deckSize: number
  readonly #handSize: number
  readonly #hands = new Map<string, readonly number[]>()

  constructor(deckSize: number, handSize: number) {
    this.#deckSize = deckSize
    this.#handSize = Math.min(handSize, deckSize)
  }

  hand(flow: string): readonly number[] {
    const known = this.#hands.get(flow)
    if (known) return known
    if (this.#hands.size >= handsMax) this.#hands.clear()
    const hand = dealt(hashOf(flow), this.#deckSize, this.#handSize)
    this.#hands.set(flow, hand)
    return hand
  }
}

/** Hands that are remembered: hashing a name takes as long as all the rest. */
const handsMax = 4096

function hashOf(flow: string): bigint {
  return createHash('sha256').update(flow).digest().readBigUInt64LE(0)
}

/** Pure. Each card is picked among those that are left. */
export function dealt(hash: bigint, deckSize: number, handSize: number): number[] {
  const hand: number[] = []
  const sorted: number[] = []
  let rest = hash
  for (let dealt = 0; dealt < handSize; dealt++) {
    const left = BigInt(deckSize - dealt)
    let card = Number(rest % left)
    rest /= left
    let at = 0
    while (at < sorted.length && sorted[at]! <= card) {
      card += 1
      at += 1
    }
    sorted.splice(at, 0, card)
    hand.push(card)
  }
  return hand
}
