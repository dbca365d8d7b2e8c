/** Shows Service traffic: ten requests to the example's Service, and which pods answered. */

import { coreV1 } from '../../api/resources.ts'
import type { Client } from '../../client/client.ts'
import type { Net } from '../../platform/net.ts'

export interface DemoResult {
  address: string
  /** Answers in order, one line each. */
  answers: string[]
  /** Requests per pod. */
  spread: Map<string, number>
}

export async function requestTenTimes(
  { client, net }: { client: Client; net: Net },
  { namespace, service }: { namespace: string; service: string },
): Promise<DemoResult> {
  const { spec } = await client.of(coreV1.services, namespace).get(service)
  const address = `${spec?.clusterIP}:${spec?.ports?.[0]?.port ?? 80}`
  const answers: string[] = []
  const spread = new Map<string, number>()
  for (let count = 0; count < 10; count++) {
    // A connection of its own for each request: that is what a Service spreads.
    const reply = await net.request({
      method: 'GET',
      url: `http://${address}/`,
      headers: { connection: 'close' },
      timeoutMs: 5_000,
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of reply.body) chunks.push(chunk)
    const answer = Buffer.concat(chunks).toString('utf8').trim()
    answers.push(answer)
    spread.set(answer, (spread.get(answer) ?? 0) + 1)
  }
  return { address, answers, spread }
}
