/** For tests that call a strategy's functions themselves. */
import type { WriteContext } from '../strategy.ts'

export const writeContext: WriteContext = { nowMs: 0, user: { name: 'tester', groups: [], extra: {} } }
