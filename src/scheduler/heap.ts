/** A binary heap: the first of many by some order, in logarithmic time. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #comesBefore: (one: T, other: T) => boolean

  constructor(comesBefore: (one: T, other: T) => boolean) {
    this.#comesBefore = comesBefore
  }

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    const items = this.#items
    let index = items.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#isBefore(index, parent)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  pop(): T | undefined {
    const items = this.#items
    const [first] = items
    const last = items.pop()
    if (items.length === 0 || last === undefined) return first
    items[0] = last
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2]
      let next = index
      if (left < items.length && this.#isBefore(left, next)) next = left
      if (right < items.length && this.#isBefore(right, next)) next = right
      if (next === index) return first
      this.#swap(index, next)
      index = next
    }
  }

  #isBefore(one: number, other: number): boolean {
    return this.#comesBefore(this.#items[one] as T, this.#items[other] as T)
  }

  #swap(one: number, other: number): void {
    const items = this.#items
    const kept = items[one] as T
    items[one] = items[other] as T
    items[other] = kept
  }
}
