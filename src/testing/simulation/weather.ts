/** How bad the network and the disk are at the moment. The storm changes it; calm is what it is in the end. */

/** Shares are of all requests, from 0 to 1. */
export interface Weather {
  /** One way. */
  latencyMs: { min: number; max: number }
  /** Refused by 409, 429, 500, 503 or 504 without being carried out; lists and watches by 410 too. */
  refused: number
  /** Never arrive; the client gives up after a while. */
  lost: number
  /** Are carried out, and the answer never arrives. */
  answerLost: number
  /** Watches that break at a piece. */
  watchBroken: number
  /** Pieces of watches that come late, by up to ten seconds. */
  watchLate: number
  /** The storm has ended: nothing fails by itself any more. */
  over: boolean
}

export const calm: Readonly<Weather> = {
  latencyMs: { min: 1, max: 3 },
  refused: 0,
  lost: 0,
  answerLost: 0,
  watchBroken: 0,
  watchLate: 0,
  over: false,
}
