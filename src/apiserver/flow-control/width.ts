/**
 * How much of a priority level a request takes, in seats: long lists take several, and so do writes that many watch, for
 * a moment after they are done. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#seats-occupied-by-a-request
 */
import { isTrue, type RequestInfo } from '../request.ts'

export interface Width {
  /** While the request is served. */
  seats: number
  /** For `additionalMs` after it was served, where that is more. */
  finalSeats: number
  additionalMs: number
}

/** What the server holds of the requested resource; undefined when it is not served here. */
export interface ResourceLoad {
  objects: number
  watchers: number
}

export const oneSeat: Width = { seats: 1, finalSeats: 0, additionalMs: 0 }

/** Source: upstream's defaults of the work estimator. */
const seatsMax = 10
const objectsPerSeat = 100
const watchersPerSeat = 10
const eventMs = 5

/** The widest request of a level with this many seats. Source: upstream takes 15 in a hundred. */
export function widthMax(nominalSeats: number): number {
  return Math.max(1, Math.min(seatsMax, Math.ceil(nominalSeats * 0.15)))
}

export function widthOf(
  info: RequestInfo,
  query: URLSearchParams,
  load: ResourceLoad | undefined,
  levelMax: number,
): Width {
  switch (info.verb) {
    case 'list':
      return { ...oneSeat, seats: listSeats(info, query, load, levelMax) }
    case 'watch':
      return isTrue(query.get('sendInitialEvents'))
        ? { ...oneSeat, seats: listSeats(info, query, load, levelMax) }
        : oneSeat
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return load ? writeWidth(info, load, levelMax) : oneSeat
    default:
      return oneSeat
  }
}

function listSeats(
  info: RequestInfo,
  query: URLSearchParams,
  load: ResourceLoad | undefined,
  levelMax: number,
): number {
  // One object by its name is as cheap as a get, and what another server holds costs this one nothing.
  if (info.name !== '' || !load) return 1
  const limit = Number(query.get('limit') ?? 0)
  const selects = Boolean(query.get('labelSelector') ?? query.get('fieldSelector'))
  const looked = limit > 0 && limit < load.objects && !selects ? 2 * limit : load.objects
  return Math.max(1, Math.min(levelMax, Math.ceil(Math.min(looked, load.objects) / objectsPerSeat)))
}

function writeWidth({ resource, subresource }: RequestInfo, { watchers }: ResourceLoad, levelMax: number): Width {
  if (watchers < watchersPerSeat || (resource === 'serviceaccounts' && subresource === 'token')) return oneSeat
  const wanted = Math.ceil(watchers / watchersPerSeat)
  const finalSeats = Math.min(wanted, levelMax)
  return { seats: 1, finalSeats, additionalMs: (wanted * eventMs) / finalSeats }
}
