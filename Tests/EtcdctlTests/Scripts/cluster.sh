# Members, endpoints and who leads. b71f75320dc06a6c is the member: its peer URL says so.
etcdctl version
etcdctl member
etcdctl member list
etcdctl member list -w json
etcdctl member list -w fields
etcdctl member list -w table
etcdctl member list -w protobuf
etcdctl member list --hex
etcdctl member list -w json --hex
etcdctl member list x
etcdctl member add
etcdctl member add x
etcdctl member add x --peer-urls=
etcdctl member add x --peer-urls=nonsense
etcdctl member add x --peer-urls=http://127.0.0.1:2380
etcdctl member add '' --peer-urls=http://127.0.0.1:2380
etcdctl member add x --peer-urls=http://127.0.0.1:2381,http://127.0.0.1:2380
etcdctl member add x --learner --peer-urls=http://127.0.0.1:2380
etcdctl member remove
etcdctl member remove zz
etcdctl member remove 1234
etcdctl member remove b71f75320dc06a6c
etcdctl member update
etcdctl member update b71f75320dc06a6c
etcdctl member update zz --peer-urls=http://127.0.0.1:2382
etcdctl member update 1234 --peer-urls=http://127.0.0.1:2382
etcdctl member update b71f75320dc06a6c --peer-urls=http://127.0.0.1:2382
etcdctl member list
etcdctl member update b71f75320dc06a6c --peer-urls=http://127.0.0.1:2380 -w json
etcdctl member promote
etcdctl member promote zz
etcdctl member promote 1234
etcdctl member promote b71f75320dc06a6c
etcdctl endpoint
etcdctl endpoint health
etcdctl endpoint health -w json
etcdctl endpoint health -w table
etcdctl endpoint health -w fields
ETCDCTL_ENDPOINTS=127.0.0.1:$PORT,127.0.0.1:1 etcdctl endpoint health --command-timeout=2s
etcdctl endpoint status
etcdctl endpoint status -w json
etcdctl endpoint status -w table
etcdctl endpoint status -w fields
etcdctl endpoint hashkv
etcdctl put a 1; etcdctl put b 2; etcdctl put a 3; etcdctl del b
etcdctl endpoint hashkv
etcdctl endpoint hashkv -w json
etcdctl endpoint hashkv -w fields
etcdctl endpoint hashkv -w table
etcdctl endpoint hashkv --rev=3
etcdctl endpoint hashkv --rev=30
etcdctl compaction 4
etcdctl endpoint hashkv
etcdctl endpoint hashkv --rev=3
etcdctl move-leader
etcdctl move-leader zz
etcdctl move-leader 1234
etcdctl move-leader b71f75320dc06a6c
etcdctl nonsense
etcdctl
etcdctl get a --endpoints=
etcdctl help put
ETCDCTL_ENDPOINTS=127.0.0.1:1,127.0.0.1:$PORT etcdctl get a
