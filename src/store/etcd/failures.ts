/** etcd's errors as the store's own. Texts: etcd's `api/v3rpc/rpctypes`. */
import { GrpcError, grpcCode } from '../../platform/grpc.ts'
import { StoreUnavailableError } from '../store.ts'

export function isCompacted(error: unknown): boolean {
  return error instanceof GrpcError && error.details.includes('has been compacted')
}

export function isFuture(error: unknown): boolean {
  return error instanceof GrpcError && error.details.includes('future revision')
}

export const noSpaceMessage =
  'etcd is out of space (alarm NOSPACE): compact, defragment or raise its quota, then disarm the alarm'

/** `wrote`: the call may have changed something before it failed. */
export function asUnavailable(action: string, error: unknown, wrote = false): Error {
  if (error instanceof StoreUnavailableError || error instanceof RangeError) return error
  if (!(error instanceof GrpcError)) {
    return new StoreUnavailableError(`${action}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  const { details } = error
  if (details.includes('database space exceeded')) {
    return new StoreUnavailableError(`${action}: ${noSpaceMessage}`, { cause: error })
  }
  if (details.includes('request is too large') || details.includes('too many operations')) {
    return new RangeError(`${action}: etcd refused it, ${details.replace(/^etcdserver: /, '')}`, { cause: error })
  }
  const refused = error.unsent || definite.has(error.code) || details.includes('no leader')
  return new StoreUnavailableError(`${action}: ${details}`, { cause: error, outcomeUnknown: wrote && !refused })
}

/** Codes of calls that etcd looked at and turned down. */
const definite: ReadonlySet<number> = new Set([
  grpcCode.invalidArgument,
  grpcCode.permissionDenied,
  grpcCode.unauthenticated,
  grpcCode.unimplemented,
  grpcCode.failedPrecondition,
])
