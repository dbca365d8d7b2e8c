import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { killAndVerify } from './kill.ts'
import { cutAndVerify } from './power.ts'
import { straceThere } from './record.ts'

const directory = mkdtempSync(join(tmpdir(), 'k8ts-crash-'))
after(() => rmSync(directory, { recursive: true }))
const skip = straceThere ? false : 'strace is not installed (script/prepare --tests)'
const hint = (seed: number, what: string): string => `script/crash --seed ${seed} ${what}`

test('the store keeps every acknowledged commit through 20 kills', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const kills = killAndVerify({ seed, directory: join(directory, 'kill') }, 4)
    await assert.doesNotReject(kills, hint(seed, '--kills 4 --images 0'))
  }
})

test('the store keeps every acknowledged commit in 200 images of cut power', { skip }, async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const images = cutAndVerify({ seed, directory: join(directory, 'power') }, 50)
    await assert.doesNotReject(images, hint(seed, '--images 50 --kills 0'))
  }
})

test('kills show commits in pieces', async () => {
  const kills = killAndVerify({ seed: 1, directory: join(directory, 'kill'), plant: 'in-pieces' }, 1)
  await assert.rejects(kills, /is half there|lacks/)
})

for (const plant of ['no-sync', 'no-file-sync']) {
  test(`images of cut power show what ${plant} loses`, { skip }, async () => {
    let found = 0
    for (let seed = 1; seed <= 3; seed++) {
      await cutAndVerify({ seed, directory: join(directory, 'planted'), plant }, 40).catch(() => found++)
    }
    assert.ok(found > 0, 'nothing was found missing')
  })
}
