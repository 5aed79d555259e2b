# A mirror in a second server of the same kind.
etcdctl put a 1; etcdctl put a 2; etcdctl put dir/1 1; etcdctl put dir/2 2
etcdctl make-mirror
etcdctl make-mirror a b
timeout 60 etcdctl make-mirror $OTHER >mirror.out 2>&1 & mirror=$!
await '[ "$(ETCDCTL_ENDPOINTS=$OTHER etcdctl get dir/2 --print-value-only)" = 2 ]'
etcdctl put dir/3 3; etcdctl del a; printf '\nput t1 1\nput t2 2\ndel dir/1\n\n\n' | etcdctl txn
await '[ "$(ETCDCTL_ENDPOINTS=$OTHER etcdctl get t2 --print-value-only)" = 2 ]'
kill $mirror; wait $mirror; cat mirror.out
ETCDCTL_ENDPOINTS=$OTHER etcdctl get --prefix '' -w json
timeout 60 etcdctl make-mirror --prefix dir/ --dest-prefix copy/ $OTHER >mirror.out 2>&1 & mirror=$!
await '[ "$(ETCDCTL_ENDPOINTS=$OTHER etcdctl get copy/3 --print-value-only)" = 3 ]'
kill $mirror; wait $mirror; cat mirror.out
timeout 60 etcdctl make-mirror --prefix dir/ --no-dest-prefix $OTHER >mirror.out 2>&1 & mirror=$!
await '[ "$(ETCDCTL_ENDPOINTS=$OTHER etcdctl get 3 --print-value-only)" = 3 ]'
kill $mirror; wait $mirror; cat mirror.out
ETCDCTL_ENDPOINTS=$OTHER etcdctl get --prefix ''
etcdctl make-mirror --max-txn-ops=1000 --rev=100 --dest-insecure-transport
