/** `k8ts doctor`: what this machine lacks, one finding with its remedy at a time. */
import { allFindings } from '../cluster/host/doctor.ts'
import { configFor, type LocationOptions, thisMachine } from '../cluster/machine.ts'

/** Exit code 1 when something keeps a cluster from running here. */
export async function doctor(options: LocationOptions): Promise<void> {
  const machine = thisMachine()
  const findings = await allFindings(machine, configFor(machine, options))
  for (const { severity, problem, remedy } of findings)
    process.stdout.write(`${severity.padEnd(8)}  ${problem}\n${' '.repeat(10)}→ ${remedy}\n`)
  const isBlocked = findings.some(({ severity }) => severity === 'blocking')
  if (findings.length === 0) process.stdout.write('this machine lacks nothing\n')
  else if (!isBlocked) process.stdout.write('a cluster can run on this machine\n')
  if (isBlocked) process.exitCode = 1
}
