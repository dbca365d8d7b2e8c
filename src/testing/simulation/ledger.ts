/**
 * What the user wrote into objects of its own, and whether the server keeps to what it said: a value that was
 * acknowledged is read back, or one that was written after it; an object with a finalizer stays until that is taken away.
 */
import { ApiError } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import type { ConfigMap } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Random } from '../../platform/random.ts'
import type { Findings } from './findings.ts'
import { namespace } from './manifests.ts'
import type { Truth } from './truth.ts'

interface Entry {
  name: string
  /** What was written last and acknowledged; undefined: not known to exist. */
  acknowledged: number
  /** What was written last, acknowledged or not. */
  attempted: number
  state: 'new' | 'there' | 'deleting' | 'releasing' | 'gone'
}

const finalizer = 'simulation.k8ts.dev/held'
const entriesMax = 4

export class Ledger {
  readonly #client: Client
  readonly #findings: Findings
  readonly #random: Random
  #entries: Entry[] = []
  #made = 0

  constructor({ client, findings }: { client: Client; findings: Findings }, random: Random) {
    this.#client = client
    this.#findings = findings
    this.#random = random
  }

  /** One step on one entry. */
  async act(): Promise<void> {
    this.#entries = this.#entries.filter(({ state }) => state !== 'gone')
    if (this.#entries.length < entriesMax) {
      this.#entries.push({ name: `ledger-${++this.#made}`, acknowledged: 0, attempted: 0, state: 'new' })
    }
    const entry = this.#entries[this.#random.int(this.#entries.length)]
    if (!entry) return
    try {
      await this.#step(entry)
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) this.#isGone(entry)
    }
  }

  /** In the end, by what is in the store. */
  check(truth: Truth): void {
    for (const entry of this.#entries) {
      const object = truth.object<ConfigMap>(`/registry/configmaps/${namespace}/${entry.name}`)
      if (object) this.#checkValue(entry, object, 'no acknowledged write is lost')
      else this.#isGone(entry)
    }
  }

  async #step(entry: Entry): Promise<void> {
    if (entry.state === 'new') return this.#create(entry)
    if (entry.state === 'releasing') return this.#release(entry)
    const draw = this.#random.int(10)
    const current = await this.#read(entry)
    if (draw < 6) await this.#write(entry, current)
    else if (draw < 8) await this.#delete(entry)
    else if (entry.state === 'deleting') await this.#release(entry)
  }

  async #create(entry: Entry): Promise<void> {
    const metadata = { name: entry.name, namespace, finalizers: [finalizer] }
    try {
      await this.#api().create({ metadata: { ...metadata, labels: labelsOf(0) }, data: { value: '0' } })
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
    }
    entry.state = 'there'
  }

  async #read(entry: Entry): Promise<ConfigMap> {
    const object = await this.#api().get(entry.name)
    this.#checkValue(entry, object, 'reads are not stale')
    return object
  }

  async #write(entry: Entry, current: ConfigMap): Promise<void> {
    const value = ++entry.attempted
    const metadata = { ...current.metadata, labels: labelsOf(value) }
    await this.#api().update({ ...current, metadata, data: { value: String(value) } })
    entry.acknowledged = value
    await this.#read(entry)
  }

  async #delete(entry: Entry): Promise<void> {
    if (entry.state === 'there') entry.state = 'deleting'
    await this.#api().delete(entry.name)
  }

  async #release(entry: Entry): Promise<void> {
    entry.state = 'releasing'
    await this.#api().patch(entry.name, { type: 'merge', patch: { metadata: { finalizers: null } } })
    entry.state = 'gone'
  }

  #checkValue(entry: Entry, object: ConfigMap, rule: 'reads are not stale' | 'no acknowledged write is lost'): void {
    const value = Number(object.data?.value)
    if (value >= entry.acknowledged && value <= entry.attempted) return
    const { name, acknowledged, attempted } = entry
    this.#findings.report(rule, `${name} is ${value} after ${acknowledged} was acknowledged and ${attempted} tried`)
  }

  #isGone(entry: Entry): void {
    if (entry.state === 'there') {
      const text = `${entry.name} is gone, and nobody deleted it`
      this.#findings.report('no acknowledged write is lost', text)
    }
    if (entry.state === 'deleting') {
      this.#findings.report('finalizers hold', `${entry.name} is gone before its finalizer was taken away`)
    }
    entry.state = 'gone'
  }

  #api() {
    return this.#client.of(coreV1.configMaps, namespace)
  }
}

/** With every write the object comes into view of somebody who selects by label, or leaves it. */
function labelsOf(value: number): Record<string, string> {
  return { parity: value % 2 === 0 ? 'even' : 'odd' }
}
