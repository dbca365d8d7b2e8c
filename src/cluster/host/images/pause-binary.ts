/**
 * The program of the pause container: it holds a pod's namespaces open, reaps the orphans that land on it when the pod
 * shares its process namespace, and ends at SIGTERM or SIGINT. A user's machine has no compiler, so the few
 * instructions are assembled here, for x86-64 and arm64, into a static ELF file of some 250 bytes.
 *
 * What it does, as the first process of its namespace:
 *
 *     block SIGINT, SIGTERM, SIGCHLD
 *     again: wait for one of them
 *       SIGCHLD: wait4(-1, WNOHANG) until nothing is left; again
 *       error (interrupted by a stop signal): again
 *       else: exit 0
 *
 * Sources: System V ABI (ELF-64), Intel SDM volume 2, Arm ARM C6, the kernel's syscall tables.
 */

export type Architecture = 'amd64' | 'arm64'

const loadAddress = 0x400000
const headerBytes = 64 + 56
/** Bits of SIGINT (2), SIGTERM (15) and SIGCHLD (17) in a kernel signal set. */
const signalSet = (1 << 1) | (1 << 14) | (1 << 16)
const signalSetBytes = 8
const sigChild = 17
const waitNoHang = 1

/** A complete executable. The same input gives the same bytes. */
export function pauseBinary(architecture: Architecture): Uint8Array {
  const code = architecture === 'amd64' ? assembleX64() : assembleArm64()
  return elf(architecture === 'amd64' ? 0x3e : 0xb7, code)
}

/** One loaded segment, readable and executable, that holds headers, code and the signal set behind it. */
function elf(machine: number, code: Uint8Array): Uint8Array {
  const size = headerBytes + code.length
  const file = new Uint8Array(size)
  const view = new DataView(file.buffer)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, 2, true) // executable
  view.setUint16(18, machine, true)
  view.setUint32(20, 1, true)
  view.setBigUint64(24, BigInt(loadAddress + headerBytes), true)
  view.setBigUint64(32, 64n, true)
  view.setUint16(52, 64, true)
  view.setUint16(54, 56, true)
  view.setUint16(56, 1, true)
  view.setUint32(64, 1, true) // loaded
  view.setUint32(68, 5, true) // read, execute
  view.setBigUint64(80, BigInt(loadAddress), true)
  view.setBigUint64(88, BigInt(loadAddress), true)
  view.setBigUint64(96, BigInt(size), true)
  view.setBigUint64(104, BigInt(size), true)
  view.setBigUint64(112, 0x10000n, true)
  file.set(code, headerBytes)
  return file
}

/** `label` names a place; `to` asks for the distance to one, patched in by `resolve`. */
type Part = { bytes: number[] } | { label: string } | { to: string; encode(distance: number): number[]; size: number }

function resolve(parts: readonly Part[], distanceFrom: 'start' | 'end'): Uint8Array {
  const labels = new Map<string, number>()
  let offset = 0
  for (const part of parts) {
    if ('label' in part) labels.set(part.label, offset)
    else offset += 'to' in part ? part.size : part.bytes.length
  }
  const code: number[] = []
  for (const part of parts) {
    if ('label' in part) continue
    if ('bytes' in part) code.push(...part.bytes)
    else {
      const target = labels.get(part.to)
      if (target === undefined) throw new Error(`assemble the pause program: no label ${part.to}`)
      code.push(...part.encode(target - code.length - (distanceFrom === 'end' ? part.size : 0)))
    }
  }
  return Uint8Array.from(code)
}

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => (value >> (8 * index)) & 0xff)
}

const data: Part[] = [{ label: 'set' }, { bytes: [...littleEndian(signalSet, 4), 0, 0, 0, 0] }]

function assembleX64(): Uint8Array {
  const raw = (...bytes: number[]): Part => ({ bytes })
  const call = (number: number): Part => raw(0xb8, ...littleEndian(number, 4), 0x0f, 0x05)
  const address = (register: 'rdi' | 'rsi', to: string): Part => {
    const opcode = [0x48, 0x8d, register === 'rdi' ? 0x3d : 0x35]
    return { to, size: 7, encode: (distance) => [...opcode, ...littleEndian(distance, 4)] }
  }
  const jump = (opcode: number, to: string): Part => ({ to, size: 2, encode: (distance) => [opcode, distance & 0xff] })
  const clearEdi = raw(0x31, 0xff)
  const clearEsi = raw(0x31, 0xf6)
  const clearEdx = raw(0x31, 0xd2)
  const setSizeInR10 = raw(0x41, 0xba, ...littleEndian(signalSetBytes, 4))
  return resolve(
    [
      ...[clearEdi, address('rsi', 'set'), clearEdx, setSizeInR10, call(14)],
      { label: 'again' },
      ...[address('rdi', 'set'), clearEsi, clearEdx, setSizeInR10, call(128)],
      ...[raw(0x83, 0xf8, sigChild), jump(0x74, 'reap')],
      ...[raw(0x85, 0xc0), jump(0x78, 'again')],
      ...[clearEdi, call(231)],
      { label: 'reap' },
      ...[raw(0x83, 0xcf, 0xff), clearEsi, raw(0xba, ...littleEndian(waitNoHang, 4)), raw(0x45, 0x31, 0xd2), call(61)],
      ...[raw(0x85, 0xc0), jump(0x7f, 'reap'), jump(0xeb, 'again')],
      ...data,
    ],
    'end',
  )
}

function assembleArm64(): Uint8Array {
  const word = (value: number): Part => ({ bytes: littleEndian(value, 4) })
  const move = (register: number, value: number): Part => word(0xd2800000 | (value << 5) | register)
  const moveMinusOne = (register: number): Part => word(0x92800000 | register)
  const call = (number: number): Part[] => [move(8, number), word(0xd4000001)]
  const compareW0 = (value: number): Part => word(0x7100001f | (value << 10))
  const branch = (to: string): Part => ({
    to,
    size: 4,
    encode: (distance) => littleEndian(0x14000000 | ((distance >> 2) & 0x3ffffff), 4),
  })
  const branchIf = (condition: number, to: string): Part => ({
    to,
    size: 4,
    encode: (distance) => littleEndian(0x54000000 | (((distance >> 2) & 0x7ffff) << 5) | condition, 4),
  })
  const address = (register: number, to: string): Part => ({
    to,
    size: 4,
    encode: (distance) =>
      littleEndian(0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5) | register, 4),
  })
  const [equal, minus, greater] = [0, 4, 12]
  return resolve(
    [
      ...[move(0, 0), address(1, 'set'), move(2, 0), move(3, signalSetBytes), ...call(135)],
      { label: 'again' },
      ...[address(0, 'set'), move(1, 0), move(2, 0), move(3, signalSetBytes), ...call(137)],
      ...[compareW0(sigChild), branchIf(equal, 'reap')],
      ...[compareW0(0), branchIf(minus, 'again')],
      ...[move(0, 0), ...call(94)],
      { label: 'reap' },
      ...[moveMinusOne(0), move(1, 0), move(2, waitNoHang), move(3, 0), ...call(260)],
      ...[compareW0(0), branchIf(greater, 'reap'), branch('again')],
      ...data,
    ],
    'start',
  )
}
