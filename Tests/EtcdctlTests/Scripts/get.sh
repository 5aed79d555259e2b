# What get prints of what there is, in all its forms.
etcdctl get none
etcdctl put a 1
etcdctl put aa 2
etcdctl put ab 'two words'
etcdctl put b 4
etcdctl put c 5
etcdctl put a 6
etcdctl put a 7
printf 'line\nline' | etcdctl put d
etcdctl put e ''
etcdctl get a
etcdctl get a b
etcdctl get a b c
etcdctl get
etcdctl get ''
etcdctl get --prefix a
etcdctl get --prefix ''
etcdctl get --prefix aa zz
etcdctl get --from-key ab
etcdctl get --from-key ''
etcdctl get --from-key a b
etcdctl get --prefix --from-key a
for by in CREATE KEY MODIFY VALUE VERSION; do for order in ASCEND DESCEND; do echo $by $order; etcdctl get --prefix '' --order=$order --sort-by=$by; done; done
etcdctl get --prefix '' --order=DESCEND
etcdctl get --prefix '' --sort-by=VERSION
etcdctl get --prefix '' --order=UP
etcdctl get --prefix '' --sort-by=SIZE
etcdctl get --prefix '' --limit=2
etcdctl get --prefix '' --limit=2 -w json
etcdctl get --prefix '' --limit=2 --order=DESCEND -w fields
etcdctl get --prefix '' --limit=-1
etcdctl get --prefix '' --limit=x
etcdctl get a --rev=2
etcdctl get a --rev=7
etcdctl get a --rev=8 -w json
etcdctl get a --rev=100
etcdctl get a --rev=-1
etcdctl get --prefix '' --rev=4
etcdctl get --prefix a --keys-only
etcdctl get --prefix a --keys-only -w json
etcdctl get a --print-value-only
etcdctl get --prefix '' --print-value-only
etcdctl get --prefix '' --print-value-only -w json
etcdctl get a --keys-only --print-value-only
etcdctl get --prefix '' --count-only
etcdctl get --prefix '' --count-only -w json
etcdctl get --prefix '' --count-only -w fields
etcdctl get --prefix '' --count-only --limit=2 -w fields
etcdctl get a --count-only --keys-only
etcdctl get a --consistency=s
etcdctl get a --consistency=l
etcdctl get a --consistency=x
etcdctl get a -w simple
etcdctl get a -w json
etcdctl get a -w fields
etcdctl get a -w protobuf
etcdctl get a -w table
etcdctl get a -w yaml
etcdctl get a --hex
etcdctl get --prefix '' --hex
etcdctl get none -w json
etcdctl get none -w fields
etcdctl get none -w protobuf
etcdctl get a --nonsense
etcdctl get a --command-timeout=5s --dial-timeout=3s --keepalive-time=3s --keepalive-timeout=7s
etcdctl get a --command-timeout=soon
etcdctl compaction 5
etcdctl get a --rev=4
etcdctl get a --rev=5
