/** The comparisons of LimitRanger, with upstream's words for what is out of bounds. */
import { canonicalQuantity, compareQuantities, parseQuantity } from '../../api/quantity.ts'
import type { Amounts } from '../../api/quota/amounts.ts'

export function minErrors(type: string, min: Amounts | undefined, requests: Amounts, limits: Amounts): string[] {
  return eachBound(min, (name, bound) => {
    const prefix = `minimum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
    const [request, limit] = [requests[name], limits[name]]
    if (request === undefined) return `${prefix}.  No request is specified`
    if (compareQuantities(request, bound) < 0) return `${prefix}, but request is ${canonicalQuantity(request)}`
    if (limit === undefined || compareQuantities(limit, bound) >= 0) return undefined
    return `${prefix}, but limit is ${canonicalQuantity(limit)}`
  })
}

export function maxErrors(type: string, max: Amounts | undefined, requests: Amounts, limits: Amounts): string[] {
  return eachBound(max, (name, bound) => {
    const prefix = `maximum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
    const [request, limit] = [requests[name], limits[name]]
    if (limit === undefined) return `${prefix}.  No limit is specified`
    if (compareQuantities(limit, bound) > 0) return `${prefix}, but limit is ${canonicalQuantity(limit)}`
    if (request === undefined || compareQuantities(request, bound) <= 0) return undefined
    return `${prefix}, but request is ${canonicalQuantity(request)}`
  })
}

export function maxRequestErrors(type: string, max: Amounts | undefined, requests: Amounts): string[] {
  return eachBound(max, (name, bound) => {
    const prefix = `maximum ${name} usage per ${type} is ${canonicalQuantity(bound)}`
    const request = requests[name]
    if (request === undefined) return `${prefix}.  No request is specified`
    return compareQuantities(request, bound) > 0 ? `${prefix}, but request is ${canonicalQuantity(request)}` : undefined
  })
}

export function ratioErrors(type: string, ratios: Amounts | undefined, requests: Amounts, limits: Amounts): string[] {
  return eachBound(ratios, (name, bound) => {
    const prefix = `${name} max limit to request ratio per ${type} is ${canonicalQuantity(bound)}`
    const request = nanos(requests[name])
    const limit = nanos(limits[name])
    if (request === 0) return `${prefix}, but no request is specified or request is 0`
    if (limit === 0) return `${prefix}, but no limit is specified or limit is 0`
    const ratio = limit / request
    return ratio * 1e9 > nanos(bound) ? `${prefix}, but provided ratio is ${ratio.toFixed(6)}` : undefined
  })
}

function eachBound(bounds: Amounts | undefined, check: (name: string, bound: string) => string | undefined): string[] {
  const names = Object.keys(bounds ?? {}).sort()
  return names.flatMap((name) => check(name, bounds?.[name] ?? '0') ?? [])
}

function nanos(quantity: string | undefined): number {
  return quantity === undefined ? 0 : Number(parseQuantity(quantity).nanos)
}
