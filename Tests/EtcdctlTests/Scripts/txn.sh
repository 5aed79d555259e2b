# Transactions, which are read from standard input.
printf '\n\n\n' | etcdctl txn
printf 'put a 1\nput b 2\n' | etcdctl txn
printf '\nput a 1\nput b 2\n\n\n' | etcdctl txn
printf 'value("a") = "1"\n\nget a\nget b\n\nput c 3\n\n' | etcdctl txn
printf 'value("a") = "2"\n\nget a\n\nput c 3\nget c\n\n' | etcdctl txn
printf 'mod("a") > "1"\nver("a") = "1"\ncreate("b") < "9"\nval("b") = "2"\n\nget --prefix ""\n\n\n' | etcdctl txn
printf 'mod("a") > "1"\nver("a") = "7"\n\nget --prefix ""\n\ndel c\n\n' | etcdctl txn
lease 4660 1000
etcdctl put l 1 --lease=1234
printf 'lease("l") = "1234"\n\nput l 2 --ignore-lease\nget l\n\n\n' | etcdctl txn
printf 'lease("l") = "1235"\n\nput l 3 --ignore-lease\n\nget l\n\n' | etcdctl txn -w json
printf '\nget l\ndel l --prev-kv\nput m "two words" --prev-kv\n\n\n' | etcdctl txn -w json
printf '\nget m\nget m -w json\n\n\n' | etcdctl txn -w fields
printf '\nget m\nput a 4 --prev-kv\ndel b\n\n\n' | etcdctl txn -w fields
printf '\nget m\nput a 4 --prev-kv\ndel b\n\n\n' | etcdctl txn -w protobuf
printf '\nget m\n\n\n' | etcdctl txn -w table
printf '\nget m\n\n\n' | etcdctl txn -i
printf 'mod("m") > "0"\n\nput m 3\n\nput m 4\n\n' | etcdctl txn --interactive
printf '\nput a 1\nput a 2\n\n\n' | etcdctl txn
printf '\nput a 1\ndel a\n\n\n' | etcdctl txn
printf '\nput a 1\ndel --prefix a\n\n\n' | etcdctl txn
printf '\nput "" 1\n\n\n' | etcdctl txn
printf '\nwatch a\n\n\n' | etcdctl txn
printf 'size("a") = "1"\n\n\n\n' | etcdctl txn
printf 'mod("a") ! "1"\n\n\n\n' | etcdctl txn
printf 'mod("a") = "x"\n\n\n\n' | etcdctl txn
printf 'mod(a)\n\n\n\n' | etcdctl txn
printf 'nonsense\n' | etcdctl txn
{ echo; for i in $(seq 129); do echo "put k$i v"; done; echo; echo; } | etcdctl txn
{ echo; for i in $(seq 128); do echo "put k$i v"; done; echo; echo; } | etcdctl txn | sort | uniq -c
etcdctl txn with arguments </dev/null
etcdctl get --prefix '' --count-only -w fields
