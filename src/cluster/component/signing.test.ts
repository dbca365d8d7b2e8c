import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseFlags } from '../apiserver/flags.ts'
import { thisMachine } from '../machine.ts'
import { componentFlags } from './flag-tables.ts'
import { signingOf } from './signing.ts'

const directory = mkdtempSync(join(tmpdir(), 'k8ts-signing-'))
after(() => rmSync(directory, { recursive: true }))

/** `--cluster-signing…-cert-file` and `-key-file`, with files whose text is the name. */
function pair(name: string): string[] {
  const prefix = name === '' ? 'cluster-signing' : `cluster-signing-${name}`
  return ['cert', 'key'].map((kind) => {
    const path = join(directory, `${prefix}-${kind}`)
    writeFileSync(path, `${name} ${kind}`)
    return `--${prefix}-${kind}-file=${path}`
  })
}

const signing = async (...words: string[]) =>
  (await signingOf(thisMachine(), parseFlags(words, componentFlags('controller-manager')))).signing

test('signingOf finds one authority for all signers, or one for each', async () => {
  assert.equal(await signing(), undefined)
  assert.equal(await signing('--cluster-signing-cert-file=', '--cluster-signing-key-file='), undefined)
  assert.deepEqual(await signing(...pair('')), {
    authority: { certificatePem: ' cert', keyPem: ' key' },
    durationMs: 365 * 86_400_000,
  })
  const own = await signing(...pair('kubelet-client'), ...pair('legacy-unknown'), '--cluster-signing-duration=1h')
  assert.deepEqual(own, {
    authority: new Map([
      [
        'kubernetes.io/kube-apiserver-client-kubelet',
        { certificatePem: 'kubelet-client cert', keyPem: 'kubelet-client key' },
      ],
      ['kubernetes.io/legacy-unknown', { certificatePem: 'legacy-unknown cert', keyPem: 'legacy-unknown key' }],
    ]),
    durationMs: 3_600_000,
  })
})

test('signingOf says what does not go together', async () => {
  await assert.rejects(
    signing(...pair(''), ...pair('kubelet-serving')),
    /cannot specify --cluster-signing-\{cert,key\}-file/,
  )
  for (const half of pair('kubelet-serving')) await assert.rejects(signing(half), /belong together/)
})
