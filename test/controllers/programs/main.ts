/** `node test/controllers/programs/main.ts [count] [first seed] [workloads|storage]`: runs programs, prints those that went wrong. */
import { runProgram } from './run.ts'
import { runStorageProgram } from './storage.ts'

const [count = 1_000, first = 1] = process.argv.slice(2, 4).map(Number)
const run = process.argv[4] === 'storage' ? runStorageProgram : runProgram
let failed = 0
for (let seed = first; seed < first + count; seed++) {
  const { wrong, program } = await run(String(seed))
  if (wrong.length === 0) continue
  failed++
  process.stdout.write(`seed ${seed}\n${program}\n${wrong.map((text) => `! ${text}`).join('\n')}\n`)
}
process.stdout.write(`${count} programs from seed ${first}, ${failed} went wrong\n`)
process.exitCode = failed === 0 ? 0 : 1
