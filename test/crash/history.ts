/**
 * Whether what clients were told can have happened: a checker of histories against a sequential model.
 *
 * The watch gives the order of all writes. The model applies them one by one; each answer must fit it, and fit the time in
 * which it was given: a write after all that ended before it began, a read no older than what was answered before it began
 * and no newer than what had begun when it ended.
 */
export interface WatchedChange {
  revision: number
  key: string
  /** Undefined: deleted. */
  value: string | undefined
}

interface Timed {
  begunMs: number
  /** Undefined: no answer came, and nobody knows. */
  endedMs: number | undefined
}

export type Operation = Timed &
  (
    | { kind: 'put'; key: string; value: string; revision: number | undefined }
    /** `replaced`: revision of the state that was to be deleted, and no other. */
    | { kind: 'delete'; key: string; replaced: number }
    | { kind: 'get'; key: string; found: { revision: number; value: string } | undefined }
    | { kind: 'list'; revision: number; items: ReadonlyMap<string, { revision: number; value: string }> }
  )

interface Placed {
  change: WatchedChange
  /** Revision of the key's state before; 0: none. */
  replaced: number
  operation: Operation | undefined
}

/** Throws with the first thing that can't be. */
export function checkHistory(changes: readonly WatchedChange[], operations: readonly Operation[]): void {
  const placed = place(changes, operations)
  checkWrites(placed, operations)
  for (const operation of operations) {
    if (operation.endedMs === undefined) continue
    if (operation.kind === 'get') checkGet(operation, placed)
    if (operation.kind === 'list') checkList(operation, placed)
  }
}

/** Changes with the operation that made each. */
function place(changes: readonly WatchedChange[], operations: readonly Operation[]): Placed[] {
  const puts = new Map(operations.flatMap((each) => (each.kind === 'put' ? [[each.value, each] as const] : [])))
  const deletes = new Map(
    operations.flatMap((each) => (each.kind === 'delete' ? [[`${each.key} ${each.replaced}`, each] as const] : [])),
  )
  const state = new Map<string, number>()
  let last = 0
  return changes.map((change) => {
    const { key, value, revision } = change
    if (revision <= last) throw new Error(`the watch went from revision ${last} to ${revision}`)
    last = revision
    const replaced = state.get(key) ?? 0
    const operation = value === undefined ? deletes.get(`${key} ${replaced}`) : puts.get(value)
    if (!operation) throw new Error(`nobody made the change of ${key} at ${revision}`)
    if (value === undefined) state.delete(key)
    else state.set(key, revision)
    return { change, replaced, operation }
  })
}

function checkWrites(placed: readonly Placed[], operations: readonly Operation[]): void {
  const seen = new Map<Operation, number>()
  let latestBegun = 0
  for (const { change, operation } of placed) {
    if (!operation) continue
    if (seen.has(operation)) throw new Error(`${change.key} was changed twice by one operation, at ${change.revision}`)
    seen.set(operation, change.revision)
    if ((operation.endedMs ?? Number.POSITIVE_INFINITY) < latestBegun) {
      throw new Error(`the change of ${change.key} at ${change.revision} comes after one that began when it had ended`)
    }
    latestBegun = Math.max(latestBegun, operation.begunMs)
  }
  for (const operation of operations) {
    if (operation.endedMs === undefined || operation.kind === 'get' || operation.kind === 'list') continue
    const revision = seen.get(operation)
    if (revision === undefined) throw new Error(`an acknowledged ${operation.kind} of ${operation.key} is missing`)
    if (operation.kind === 'put' && operation.revision !== revision) {
      throw new Error(`${operation.key} was told revision ${operation.revision} and has ${revision}`)
    }
  }
}

function checkGet(operation: Extract<Operation, { kind: 'get' }>, placed: readonly Placed[]): void {
  const { key, found, begunMs, endedMs } = operation
  const own = placed.filter(({ change }) => change.key === key)
  // States of the key in order; before the first change there is none.
  const states = [{ revision: 0, value: undefined as string | undefined }, ...own.map(({ change }) => change)]
  const fits = states.some((state, index) => {
    const same =
      state.value === undefined
        ? found === undefined
        : found?.revision === state.revision && found.value === state.value
    const made = own[index - 1]?.operation
    const ended = own[index]?.operation?.endedMs ?? Number.POSITIVE_INFINITY
    return same && (made === undefined || made.begunMs <= (endedMs ?? 0)) && ended >= begunMs
  })
  if (!fits)
    throw new Error(
      `reading ${key} gave ${found ? `revision ${found.revision}` : 'nothing'}, which it was not at that time`,
    )
}

function checkList(operation: Extract<Operation, { kind: 'list' }>, placed: readonly Placed[]): void {
  const { revision, items, begunMs } = operation
  const state = new Map<string, { revision: number; value: string }>()
  for (const { change, operation: made } of placed) {
    if (change.revision <= revision) {
      if (change.value === undefined) state.delete(change.key)
      else state.set(change.key, { revision: change.revision, value: change.value })
    } else if ((made?.endedMs ?? Number.POSITIVE_INFINITY) < begunMs) {
      throw new Error(`a list at ${revision} lacks ${change.key} of ${change.revision}, acknowledged before`)
    }
  }
  const text = (map: ReadonlyMap<string, { revision: number; value: string }>): string =>
    JSON.stringify([...map].map(([key, item]) => [key, item.revision, item.value]).sort())
  if (text(state) !== text(items))
    throw new Error(`a list at ${revision} is not what was there: ${text(items)}, not ${text(state)}`)
}
