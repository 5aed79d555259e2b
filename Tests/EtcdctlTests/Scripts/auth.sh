# Users and roles, without authentication and with it.
etcdctl auth
etcdctl auth status
etcdctl auth status -w json
etcdctl auth enable
etcdctl user
etcdctl user list
etcdctl role list
etcdctl user add
etcdctl user add '' --no-password
printf 'pw\n' | etcdctl user add root --interactive=false
printf 'pw\n' | etcdctl user add root --interactive=false
etcdctl user add :pw
etcdctl user add alice:secret
etcdctl user add bob:hidden -w json
etcdctl user add nopw --no-password
etcdctl user add carl:x --new-user-password=y
etcdctl user add dora --new-user-password=y
etcdctl user list
etcdctl user list -w json
etcdctl user list -w fields
etcdctl user list -w table
etcdctl user get
etcdctl user get none
etcdctl user get alice
etcdctl user get alice -w json
etcdctl user passwd
printf 'new\n' | etcdctl user passwd bob --interactive=false
printf 'new\n' | etcdctl user passwd none --interactive=false
etcdctl user delete
etcdctl user delete none
etcdctl user delete carl
etcdctl user delete dora -w json
etcdctl role add
etcdctl role add ''
etcdctl role add root
etcdctl role add root
etcdctl role add reader
etcdctl role add writer -w json
etcdctl role add gone
etcdctl role delete
etcdctl role delete gone
etcdctl role delete none
etcdctl role grant-permission
etcdctl role grant-permission reader
etcdctl role grant-permission reader read
etcdctl role grant-permission reader look a
etcdctl role grant-permission none read a
etcdctl role grant-permission reader read a
etcdctl role grant-permission reader read b c
etcdctl role grant-permission reader read --prefix dir/
etcdctl role grant-permission reader read --from-key x
etcdctl role grant-permission writer readwrite --prefix ''
etcdctl role grant-permission writer write w
etcdctl role grant-permission reader readwrite a -w json
etcdctl role grant-permission reader read a
etcdctl role list
etcdctl role list -w json
etcdctl role list -w fields
etcdctl role get
etcdctl role get none
etcdctl role get reader
etcdctl role get writer
etcdctl role get root
etcdctl role get reader -w json
etcdctl role get reader -w fields
etcdctl role get reader -w table
etcdctl user grant-role
etcdctl user grant-role alice
etcdctl user grant-role alice none
etcdctl user grant-role none reader
etcdctl user grant-role alice reader
etcdctl user grant-role alice reader
etcdctl user grant-role bob writer -w json
etcdctl auth enable
etcdctl user grant-role root root
etcdctl user get alice
etcdctl user get alice --detail
etcdctl user get alice -w json
etcdctl user get alice -w fields
etcdctl role revoke-permission
etcdctl role revoke-permission reader
etcdctl role revoke-permission reader none
etcdctl role revoke-permission none a
etcdctl role revoke-permission reader b c
etcdctl role revoke-permission reader x --from-key
etcdctl role get reader
etcdctl put a 1; etcdctl put b 2; etcdctl put dir/1 3; etcdctl put dir/2 4
etcdctl auth enable
etcdctl auth enable
etcdctl auth status
etcdctl auth status --user root:pw
etcdctl get a
etcdctl put a 2
etcdctl watch a
# etcd 3.4 lets everybody do some things that 3.5 does not.
3.5: etcdctl member list
etcdctl endpoint health
3.5: etcdctl endpoint status -w json
3.5: etcdctl lease list
3.5: etcdctl lease grant 100
etcdctl get a --user root
etcdctl get a --user root:wrong
etcdctl get a --user none:pw
etcdctl get a --user nopw:pw
etcdctl get a --user root:pw
etcdctl get a --user root --password pw
ETCDCTL_USER=root:pw etcdctl get a
etcdctl get a --user alice:secret
etcdctl get b --user alice:secret
etcdctl get --prefix dir/ --user alice:secret
etcdctl get --prefix d --user alice:secret
etcdctl get --prefix '' --user alice:secret
etcdctl put a 2 --user alice:secret
etcdctl put dir/1 2 --user alice:secret
etcdctl del dir/1 --user alice:secret
printf 'ver("a") > "0"\n\nget a\n\nput a 5\n\n' | etcdctl txn --user alice:secret
printf 'ver("a") > "0"\n\nget a\n\nput b 5\n\n' | etcdctl txn --user alice:secret
printf 'ver("b") > "0"\n\nget a\n\n\n' | etcdctl txn --user alice:secret
etcdctl put b 3 --user bob:new
etcdctl put b 3 --user bob:hidden
lines 3 etcdctl watch a --rev=2 --user alice:secret
lines 1 etcdctl watch b --rev=2 --user alice:secret
etcdctl user list --user alice:secret
etcdctl user get alice --user alice:secret
etcdctl user get bob --user alice:secret
etcdctl role get reader --user alice:secret
etcdctl role get writer --user alice:secret
etcdctl role list --user alice:secret
etcdctl member list --user alice:secret
etcdctl member remove 1234 --user alice:secret
etcdctl member promote 1234 --user alice:secret
etcdctl member update 1234 --peer-urls=http://127.0.0.1:2382 --user alice:secret
etcdctl member add x --peer-urls=http://127.0.0.1:2380 --user alice:secret
etcdctl endpoint health --user alice:secret
etcdctl endpoint hashkv --user alice:secret
etcdctl endpoint hashkv --user root:pw
etcdctl alarm list --user alice:secret
etcdctl alarm disarm --user alice:secret
etcdctl defrag --user alice:secret
etcdctl snapshot save file --user alice:secret
etcdctl snapshot save file --user root:pw
3.5: etcdctl compaction 1 --user alice:secret
etcdctl compaction 3 --user root:pw
3.5: etcdctl move-leader 1234 --user alice:secret
etcdctl auth disable --user alice:secret
etcdctl user grant-role alice writer --user root:pw
etcdctl put c 3 --user alice:secret
etcdctl user revoke-role alice writer --user root:pw
etcdctl user revoke-role alice writer --user root:pw
etcdctl put c 3 --user alice:secret
etcdctl user delete root --user root:pw
etcdctl role delete root --user root:pw
etcdctl user revoke-role root root --user root:pw
etcdctl role delete reader --user root:pw
etcdctl user get alice --user root:pw
etcdctl get a --user alice:secret
etcdctl lease grant 100 --user bob:new
etcdctl lock name echo held --user bob:new
etcdctl auth disable
etcdctl auth disable --user root:pw
etcdctl auth disable
etcdctl get a
etcdctl get a --user alice:secret
etcdctl auth status
