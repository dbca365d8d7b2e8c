/** A sorted array of keys: binary search and in-place insertion, which beat a tree up to far more keys than we hold. */

/** Index of the first key that is not before `key`. */
export function findKey(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

export function insertKey(keys: string[], key: string): void {
  const index = findKey(keys, key)
  if (keys[index] !== key) keys.splice(index, 0, key)
}

export function removeKey(keys: string[], key: string): void {
  const index = findKey(keys, key)
  if (keys[index] === key) keys.splice(index, 1)
}
