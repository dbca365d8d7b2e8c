/**
 * Every limit of the system, with its unit, its source and what happens when it is reached. Nothing queues or grows
 * without one of these.
 */
export const limits = {
  /** Largest request body. Beyond: 413 RequestEntityTooLarge. Source: kube-apiserver's 3 MiB. */
  requestBodyBytesMax: 3 * 1024 * 1024,
} as const
