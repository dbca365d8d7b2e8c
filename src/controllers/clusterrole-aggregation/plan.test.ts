import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterRole } from '../../api/types/rbac/v1.ts'
import { planAggregation } from './plan.ts'

const rule = (verb: string) => ({ verbs: [verb], apiGroups: [''], resources: ['pods'] })
const label = (name: string) => ({ [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' })
const view: ClusterRole = {
  metadata: { name: 'view', labels: label('edit') },
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: label('view') }] },
}
const sources: ClusterRole[] = [
  { metadata: { name: 'b', labels: label('view') }, rules: [rule('list'), rule('get')] },
  { metadata: { name: 'a', labels: label('view') }, rules: [rule('get')] },
  { metadata: { name: 'c', labels: label('edit') }, rules: [rule('delete')] },
]

test('planAggregation joins the chosen roles in the order of their names, each rule once', () => {
  assert.deepEqual(planAggregation(view, [view, ...sources]), [rule('get'), rule('list')])
})

test('planAggregation has nothing to do when the rules stand or the role is not aggregated', () => {
  assert.equal(planAggregation({ ...view, rules: [rule('get'), rule('list')] }, sources), undefined)
  assert.equal(planAggregation(sources[0]!, sources), undefined)
})

test('planAggregation takes rules away when nothing is chosen any more', () => {
  assert.deepEqual(planAggregation({ ...view, rules: [rule('get')] }, []), [])
})
