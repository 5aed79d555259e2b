# Alarms, compaction, defragmentation and snapshots.
# The answer of etcd 3.4 to the first request has no header, and etcdctl cannot print that.
etcdctl alarm
etcdctl alarm list
etcdctl alarm disarm
3.5: etcdctl alarm list -w json
3.5: etcdctl alarm list -w fields
etcdctl alarm list x
alarm 13195394291058371180 NOSPACE
etcdctl alarm list
3.5: etcdctl alarm list -w json
3.5: etcdctl alarm list -w fields
etcdctl put a 1
etcdctl get a
etcdctl del a
etcdctl lease grant 10
printf '\nput a 1\n\n\n' | etcdctl txn
printf '\nget a\n\n\n' | etcdctl txn
etcdctl endpoint health
etcdctl endpoint status -w json
etcdctl alarm disarm
etcdctl alarm disarm -w json
alarm 4660 CORRUPT
etcdctl alarm list
etcdctl get a
etcdctl put a 1
etcdctl del a
etcdctl compaction 1
etcdctl lease grant 10
etcdctl lease list
etcdctl member list
etcdctl endpoint health
etcdctl endpoint hashkv
etcdctl alarm disarm -w fields
for i in 1 2 3 4 5 6 7 8; do etcdctl put a $i; etcdctl put k$i $i; done
etcdctl compaction
etcdctl compaction x
etcdctl compaction 1 2
etcdctl compaction 5
etcdctl compaction 5
etcdctl compaction 3
etcdctl compaction 100
etcdctl compaction -- -1
etcdctl compaction 0
etcdctl compaction 7 --physical
etcdctl compaction 8 -w json
etcdctl get a --rev=7
etcdctl get a --rev=8
etcdctl defrag
etcdctl defrag x
etcdctl defrag --cluster
etcdctl get --prefix '' --count-only -w fields
etcdctl snapshot
etcdctl snapshot save
etcdctl snapshot save file
etcdctl snapshot save /no/such/folder/file
etcdctl snapshot status
# What lies beside the keys differs, and with it the hash and the number of rows.
etcdctl snapshot status file | sed 's/^[0-9a-f]*, \([0-9]*\), [0-9]*, /HASH, \1, ROWS, /'
etcdctl snapshot status file -w json | sed 's/"hash":[0-9]*/HASH/; s/"totalKey":[0-9]*/ROWS/; s/"totalSize":[0-9]*/SIZE/'
etcdctl snapshot status file -w table | sed 's/[0-9a-f]* \([^ 0-9]* *17 [^ 0-9]*\) *[0-9]*/HASH \1 ROWS/'
etcdctl snapshot status file -w fields | grep Revision
etcdctl snapshot status none
head -c 5000 file >short; etcdctl snapshot status short
etcdctl snapshot restore file --data-dir=restored
etcdctl snapshot restore file --data-dir=restored
ls restored/member
etcdctl check
