/**
 * Seeds that broke a rule, and why. Each found a bug that was mended at its cause, and is run again in every test. What
 * a seed makes happen shifts when code draws more or less chance than before: the stories stay, and the tests beside the
 * mended code hold the bugs themselves.
 */

export interface Regression {
  seed: number
  stormSeconds: number
  /** What went wrong, in one sentence. */
  story: string
}

export const regressions: readonly Regression[] = []
