/** How gRPC calls fail. Source: https://grpc.io/docs/guides/status-codes/ */

/** Names of the codes a caller tells apart. */
export const grpcCode = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

export class GrpcError extends Error {
  /** One of `grpcCode`. */
  readonly code: number
  /** The server's text without the code. */
  readonly details: string
  /** There was no connection: the server has not seen the call, and making it elsewhere repeats nothing. */
  readonly unsent: boolean
  constructor(code: number, details: string, options: ErrorOptions & { unsent?: boolean } = {}) {
    super(`rpc error: code ${code}: ${details}`, options)
    this.name = 'GrpcError'
    this.code = code
    this.details = details
    this.unsent = options.unsent ?? false
  }
}
