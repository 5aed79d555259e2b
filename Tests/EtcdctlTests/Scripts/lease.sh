# Leases: 4660 is 1234 in hexadecimal, 17 is 11, 19 is 13.
etcdctl lease list
etcdctl lease grant
etcdctl lease grant x
etcdctl lease grant 0
etcdctl lease grant -- -1
etcdctl lease grant 9000000001
etcdctl lease grant 100
etcdctl lease grant 100 -w json
etcdctl lease grant 100 -w fields
etcdctl lease grant 100 -w table
etcdctl lease list | wc -l
for id in $(etcdctl lease list | tail -n +2); do etcdctl lease revoke $id; done
lease 4660 1000; lease 17 500
etcdctl put a 1 --lease=1234; etcdctl put c 1 --lease=11
etcdctl lease list
etcdctl lease list -w json
etcdctl lease list -w fields
etcdctl lease list -w table
etcdctl lease timetolive 1234
etcdctl lease timetolive 1234 --keys
# etcd tells the keys in any order.
etcdctl put b 1 --lease=1234; etcdctl lease timetolive 1234 --keys | sed 's/.*(\[//; s/\]).*//' | tr ' ' '\n' | sort
etcdctl lease timetolive 11 --keys -w json
etcdctl lease timetolive 11 -w json
etcdctl lease timetolive 11 --keys -w fields
etcdctl lease timetolive 99
etcdctl lease timetolive 99 --keys -w json
etcdctl lease timetolive 99 -w fields
etcdctl lease timetolive
etcdctl lease timetolive zz
etcdctl lease keep-alive 1234 --once
etcdctl lease keep-alive 1234 --once -w json
etcdctl lease keep-alive 1234 --once -w fields
etcdctl lease keep-alive 99 --once
etcdctl lease keep-alive
etcdctl lease keep-alive zz
lines 1 etcdctl lease keep-alive 1234
etcdctl lease keep-alive 99
etcdctl lease revoke
etcdctl lease revoke 99
etcdctl lease revoke zz
etcdctl lease revoke 11
etcdctl lease revoke 1234 -w json
etcdctl get --prefix '' -w json
lease 19 1; etcdctl put gone soon --lease=13
tries=0; until [ -z "$(etcdctl get gone)" ] || [ $tries -gt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
etcdctl lease timetolive 13
etcdctl get --prefix '' -w json
etcdctl lease nonsense
etcdctl lease
