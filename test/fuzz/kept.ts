/** Inputs that once broke a decoder, with what it was. They are tried for ever. */
export interface Kept {
  readonly decoder: string
  /** Base64. */
  readonly input: string
  readonly story: string
}

export const kept: readonly Kept[] = []
