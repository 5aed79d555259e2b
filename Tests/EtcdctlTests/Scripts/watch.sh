# Watches, from the past and of what happens, and the interactive form.
etcdctl put a 1; etcdctl put a 2; etcdctl put b 3; etcdctl del a; etcdctl put c 5
etcdctl watch
lines 9 etcdctl watch a --rev=2
lines 15 etcdctl watch --prefix '' --rev=2
lines 9 etcdctl watch a z --rev=4
lines 6 etcdctl watch --from-key b --rev=4
lines 13 etcdctl watch a --rev=2 --prev-kv
lines 1 etcdctl watch a --rev=2 -w json
lines 1 etcdctl watch a --rev=2 --prev-kv -w json
lines 25 etcdctl watch a --rev=2 -w fields
lines 4 etcdctl watch a --rev=2 -w protobuf
lines 1 etcdctl watch a --rev=2 -w table
lines 12 etcdctl watch a --rev=2 -- echo event
lines 12 etcdctl watch a --rev=2 -- sh -c 'echo "$ETCD_WATCH_REVISION $ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_KEY $ETCD_WATCH_VALUE"'
etcdctl watch a --rev=2 -- false
etcdctl watch a --rev=2 -- /no/such/program
ETCDCTL_WATCH_KEY=a lines 9 etcdctl watch --rev=2
ETCDCTL_WATCH_KEY=a ETCDCTL_WATCH_RANGE_END=c lines 12 etcdctl watch --rev=2
ETCDCTL_WATCH_KEY=a etcdctl watch b
(watchers 1; etcdctl put live 1; etcdctl put other 2; etcdctl del live) & lines 5 etcdctl watch live; wait
(watchers 1; etcdctl put live/1 1; lease 4660 1000; etcdctl put live/2 2 --lease=1234; etcdctl lease revoke 1234) & lines 9 etcdctl watch --prefix live; wait
(watchers 1; printf '\nput live/1 1\nput live/2 2\ndel live/3\n\n\n' | etcdctl txn; etcdctl del live --prefix) & lines 14 etcdctl watch --prefix live --prev-kv; wait
(watchers 1; etcdctl put live 1) & lines 1 etcdctl watch --prefix live -w json; wait
printf 'watch a --rev=2\n' | feed 9 etcdctl watch -i
printf 'watch a --rev=2\nwatch b --rev=3\n' | feed 12 etcdctl watch -i | sort
printf 'watch a --rev=2\n' | ETCDCTL_WATCH_KEY=b feed 1 etcdctl watch -i
printf 'watch --rev=2\n' | ETCDCTL_WATCH_KEY=b feed 3 etcdctl watch -i
printf 'watch a\nprogress\n' | feed 1 etcdctl watch -i
printf 'watch a --rev=2 -- echo event\n' | feed 12 etcdctl watch -i
printf 'nonsense\n' | etcdctl watch -i
printf 'watch\n' | etcdctl watch -i
printf 'watch a b c d\n' | etcdctl watch -i
printf 'watch a --nonsense\n' | etcdctl watch -i
etcdctl watch -i a </dev/null
etcdctl compaction 4
etcdctl watch a --rev=2
etcdctl watch a --rev=2 -w json
lines 3 etcdctl watch a --rev=5
lines 3 etcdctl watch a --rev=5 --progress-notify
