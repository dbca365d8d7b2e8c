/**
 * Node's HTTP module, without its WebSocket. An `import` reads every export, and reading that one loads a second HTTP
 * client that nobody here uses: 5 MB in each process, measured in docs/decisions/2026-11-22-memory-of-idle-processes.md.
 */
export const nodeHttp = process.getBuiltinModule('node:http')
