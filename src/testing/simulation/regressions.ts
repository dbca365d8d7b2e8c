/**
 * Seeds that broke a rule, and why. Each found a bug that was mended at its cause, and is run again in every test. What
 * a seed makes happen shifts when code draws more or less chance than before: the stories stay, and the tests beside the
 * mended code hold the bugs themselves.
 */

export interface Regression {
  seed: number
  stormSeconds: number
  /** What broke. */
  found: string
  /** What went wrong, and what was done about it. */
  story: string
  /** Where the bug was. */
  place: string
}

export const regressions: readonly Regression[] = [
  {
    seed: 10,
    stormSeconds: 60,
    found: 'everything converges: no node stays ready',
    story:
      'A merge patch of a Lease that is not there was answered 400 instead of 404, because an update may create a Lease: a node agent that patches first and creates on 404 never had one. Only apply creates now.',
    place: 'src/apiserver/endpoints/patch.ts',
  },
  {
    seed: 4,
    stormSeconds: 60,
    found: 'one leader acts at a time',
    story:
      'A leader that was cut off gave up in time, but reconciles under way went on with their next write when the line was back and another one led. Losing the lease now ends every request, and no further one is sent.',
    place: 'src/cluster/control-plane/controller-group.ts',
  },
  {
    seed: 7,
    stormSeconds: 60,
    found: 'everything converges: pods are still being deleted',
    story:
      'Pods of a Job that was deleted while they ran kept the finalizer by which the Job counts them, and stayed for ever: nobody looked at pods whose Job is gone. The Job controller lets go of them now.',
    place: 'src/controllers/job/reconcile.ts',
  },
  {
    seed: 20,
    stormSeconds: 60,
    found: 'everything converges: a Deployment scaled to nothing keeps two pods',
    story:
      'A ReplicaSet waited to see a pod that was created and deleted while its watch was away, for five minutes and then for the next change, which never came. A cache that is past the creation counts as having seen it, and who waits looks again.',
    place: 'src/controllers/expectations.ts',
  },
  {
    seed: 68,
    stormSeconds: 60,
    found: 'everything converges: a Lease has lost its owner',
    story:
      'A Node was deleted and made again by the same name while a cache was away. The list that followed told of one update, so that the garbage collector held the old Node to be there. A cache now tells that the old object went before the new one came.',
    place: 'src/client/informer-cache.ts',
  },
  {
    seed: 1019,
    stormSeconds: 300,
    found: 'one leader acts at a time',
    story:
      'Who became leader and was stopped before its caches were filled waited for them without end, and its controllers worked meanwhile. The end of leadership waits for no cache.',
    place: 'src/cluster/control-plane/controller-group.ts',
  },
  {
    seed: 3,
    stormSeconds: 60,
    found: 'one leader acts at a time',
    story:
      'A leader that was stopped in order let its lease run out while it finished what was under way; another one took over before it had. The lease is renewed until the work has ended, and released then.',
    place: 'src/client/leader-election.ts',
  },
  {
    seed: 15,
    stormSeconds: 60,
    found: 'everything converges: a pod is still being deleted',
    story:
      'A simulated node took a conflict for another pod by the same name and never wrote the status of its pod again. It tries again until it is told that its pod is gone.',
    place: 'src/testing/nodes/pod-run.ts',
  },
  {
    seed: 16,
    stormSeconds: 60,
    found: 'everything converges: a Lease has lost its owner',
    story:
      'A garbage collector that had just begun asked the server for the owner of a Lease, which was there, and kept the Lease. The Node went before the cache of Nodes was filled, so that nobody told of its end. An owner that its cache does not have yet is looked at again.',
    place: 'src/controllers/garbage-collector/reconcile.ts',
  },
  {
    seed: 12,
    stormSeconds: 60,
    found: 'one leader acts at a time',
    story:
      'A leader that stood still for longer than its lease, as a suspended machine does, went on with what was under way the moment it was woken: other timers fired before the one that told it that leadership was lost. Each request of a leader now asks first whether the lease can have run out by its own clock.',
    place: 'src/client/leader-election.ts',
  },
  {
    seed: 4,
    stormSeconds: 60,
    found: 'everything converges: a pod is not ready',
    story:
      'A node was silent just long enough to be taken for lost and came back before its pods were evicted. They had been said to be not ready, and the simulated node, which had nothing new to say of them, let it stand. Who runs a pod now takes back what others say of its readiness.',
    place: 'src/testing/nodes/pod-run.ts',
  },
]
