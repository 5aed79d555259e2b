# put and del.
etcdctl put
etcdctl put ''  x
etcdctl put a
etcdctl put a 1 2
etcdctl put a 1
etcdctl put a 2 --prev-kv
etcdctl put new 2 --prev-kv
etcdctl put a 3 --prev-kv -w json
etcdctl put a 4 --prev-kv -w fields
etcdctl put a 5 -w json
etcdctl put a 5 -w fields
etcdctl put a 5 -w protobuf
etcdctl put a 5 -w table
lease 4660 1000
etcdctl put a 6 --lease=1234
etcdctl put a 7 --ignore-lease
etcdctl get a -w json
etcdctl put a --ignore-value
etcdctl get a -w fields
etcdctl put a 9 --ignore-value
etcdctl put a 9 --lease=1234 --ignore-lease
etcdctl put none --ignore-value
etcdctl put none 1 --ignore-lease
etcdctl put a 1 --lease=99
etcdctl put a 1 --lease=xyz
etcdctl put -- -key -value
etcdctl get -- -key
printf 'from\nstdin' | etcdctl put b
etcdctl get b
head -c 2000000 /dev/zero | tr '\0' x | etcdctl put big
etcdctl del
etcdctl del ''
etcdctl del none
etcdctl put d1 1; etcdctl put d2 2; etcdctl put d3 3; etcdctl put d4 4; etcdctl put e 5
etcdctl del d1
etcdctl del d1 d3
etcdctl del d3 --prev-kv
etcdctl put d3 3; etcdctl del d --prefix --prev-kv
etcdctl put d3 3; etcdctl del d --prefix -w json --prev-kv
etcdctl put d3 3; etcdctl del d --prefix -w fields --prev-kv
etcdctl put d3 3; etcdctl put d5 3; etcdctl del d3 -w protobuf
etcdctl del d d9 x
etcdctl del d --prefix --from-key
etcdctl del a b --prefix
etcdctl put d3 3; etcdctl del d --from-key
etcdctl get --prefix '' --keys-only
etcdctl del '' --prefix
etcdctl get --prefix '' -w json
