# lock and elect, which etcdctl makes of leases, transactions and watches.
etcdctl lock
etcdctl lock a b --nonsense
etcdctl lock name echo held
etcdctl lock name --ttl=5 -- sh -c 'echo $ETCD_LOCK_KEY; echo $ETCD_LOCK_REV'
etcdctl lock name false
etcdctl lock name -- sh -c 'exit 7'
etcdctl lock name /no/such/program
etcdctl get name --prefix
lines 1 etcdctl lock name
etcdctl get name --prefix
etcdctl lock name -- sh -c 'etcdctl get name --prefix --keys-only | grep -c name; etcdctl lease list | wc -l'
timeout 20 etcdctl lock name sleep 20 & holder=$!; keys 1 name; (keys 2 name; kill $holder) & etcdctl lock name echo next; wait
etcdctl elect
etcdctl elect name
lines 2 etcdctl elect name value
etcdctl get name --prefix
timeout 20 etcdctl elect name one >/dev/null & holder=$!; keys 1 name; lines 2 etcdctl elect -l name; kill $holder; wait
timeout 20 etcdctl elect name one >/dev/null & holder=$!; keys 1 name; (keys 2 name; kill $holder) & lines 2 etcdctl elect name two; wait
etcdctl elect -l a b
etcdctl lease list
