/** Looks at parts of what there is, by labels and by fields: objects come into view and leave it without being made or deleted. */
import type { KubeObject, Resource } from '../../api/meta.ts'
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import { builtInStorePrefix } from '../../apiserver/scheme/store-prefix.ts'
import type { Client } from '../../client/client.ts'
import type { Informer, Informers } from '../../client/informer.ts'
import { createInformers } from '../../client/informer-impl.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import type { Findings } from './findings.ts'
import { namespace } from './manifests.ts'
import { type Selection, selects } from './selection.ts'
import type { Truth } from './truth.ts'

export interface ObserverParts {
  client: Client
  clock: Clock
  random: Random
  log: Logger
  findings: Findings
}

interface View {
  resource: Resource
  selection: Selection
  informer: Informer
}

const views: readonly { resource: Resource; selection: Selection }[] = [
  { resource: coreV1.pods as Resource, selection: { fieldSelector: 'status.phase=Running' } },
  {
    resource: coreV1.pods as Resource,
    selection: { labelSelector: 'app,app!=web-1', fieldSelector: 'spec.nodeName!=' },
  },
  { resource: coreV1.configMaps as Resource, selection: { labelSelector: 'parity in (even)' } },
]

export class Observer {
  readonly #informers: Informers
  readonly #views: readonly View[]
  readonly #findings: Findings

  constructor({ findings, ...parts }: ObserverParts) {
    this.#findings = findings
    this.#informers = createInformers({ ...parts, freeze: true })
    this.#views = views.map(({ resource, selection }) => {
      const informer = this.#informers.of(resource, { ...selection, namespace })
      return { resource, selection, informer }
    })
  }

  start(): void {
    this.#informers.start()
  }

  stop(): Promise<void> {
    return this.#informers.stop()
  }

  /** When it had time to be told of everything: what it sees is what there is. */
  check(truth: Truth): void {
    for (const { resource, selection, informer } of this.#views) {
      const wants = selects(selection)
      const all = truth.objects<KubeObject>(`${builtInStorePrefix(resource)}${namespace}/`)
      const there = all.filter(wants).map((object) => `${keyOf(object)} ${object.metadata.uid}`)
      const seen = informer.list().map((object) => `${keyOf(object)} ${object.metadata.uid}`)
      const [missing] = there.filter((each) => !seen.includes(each))
      const [extra] = seen.filter((each) => !there.includes(each))
      if (missing === undefined && extra === undefined) continue
      const text = `who looks at ${resource.plural} by ${JSON.stringify(selection)} ${missing ? `misses ${missing}` : `still has ${extra}`}`
      this.#findings.report('watches are complete and ordered', text)
    }
  }
}
