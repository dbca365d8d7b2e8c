/** Asks several who each know some callers, in turn. Every request goes through here, and most wait for nobody. */

/**
 * The first answer; undefined when nobody has one. At once as long as nobody has to be waited for. A refusal is thrown
 * only when nobody answers, the first of them; what is no refusal at once.
 */
export function firstAnswer<A, T>(
  asked: readonly A[],
  ask: (each: A) => T | undefined | Promise<T | undefined>,
  isRefusal: (error: unknown) => boolean,
  before?: { count: number; refusal: unknown },
): T | undefined | Promise<T | undefined> {
  let refusal = before?.refusal
  const refused = (error: unknown): void => {
    if (!isRefusal(error)) throw error
    refusal ??= error
  }
  for (let index = before?.count ?? 0; index < asked.length; index++) {
    try {
      const answer = ask(asked[index]!)
      if (answer instanceof Promise) {
        const others = () => firstAnswer(asked, ask, isRefusal, { count: index + 1, refusal })
        return answer.catch(refused).then((late) => late ?? others())
      }
      if (answer !== undefined) return answer
    } catch (error) {
      refused(error)
    }
  }
  if (refusal !== undefined) throw refusal
  return undefined
}
