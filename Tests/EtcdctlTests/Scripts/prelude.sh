# What the scripts beside this file may use. PORT is the server's port, OTHER a second server's endpoint.

# A command that hangs is ended, with status 124.
etcdctl() { timeout 60 etcdctl "$@"; }

# Waits, a minute at most, until a command succeeds.
await() {
  local tries=0
  until eval "$1" || [ $tries -ge 3000 ]; do sleep 0.02; tries=$((tries + 1)); done
}

# lines COUNT COMMAND...: runs a command until it has written so many lines, and ends it.
lines() {
  local count=$1 id status
  shift
  : >lines.out
  timeout 60 "$@" >lines.out 2>lines.err & id=$!
  await '[ "$(wc -l <lines.out)" -ge $count ] || ! kill -0 $id 2>/dev/null'
  kill $id 2>/dev/null
  wait $id 2>/dev/null
  status=$?
  cat lines.out; cat lines.err >&2
  return $status
}

# As lines, for a command that reads what comes in, and sees no end of it.
feed() {
  local status
  rm -f pipe; mkfifo pipe
  cat >feed.in
  { cat feed.in; exec sleep 60; } >pipe & feeder=$!
  lines "$@" <pipe
  status=$?
  kill $feeder 2>/dev/null; wait $feeder 2>/dev/null
  return $status
}

# keys COUNT PREFIX: waits until the server has so many keys below a prefix.
keys() {
  await "[ \$(etcdctl get $2 --prefix --keys-only | grep -c .) -eq $1 ]"
}

# http METHOD PATH BODY: asks the server without etcdctl.
http() {
  {
    printf '%s %s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s' "$1" "$2" ${#3} "$3" >&3
    cat <&3
  } 3<>/dev/tcp/127.0.0.1/$PORT
}

# lease ID SECONDS: grants a lease of an id that is given, in decimal, which etcdctl cannot.
lease() {
  http POST /v3/lease/grant "{\"ID\":\"$1\",\"TTL\":\"$2\"}" >/dev/null
}

# alarm MEMBER TYPE: raises an alarm, which etcdctl cannot.
alarm() {
  http POST /v3/maintenance/alarm "{\"action\":\"ACTIVATE\",\"memberID\":\"$1\",\"alarm\":\"$2\"}" >/dev/null
}

# Waits until the server has so many watchers.
watchers() {
  await "http GET /metrics '' | grep -q '^etcd_debugging_mvcc_watcher_total $1\$'"
}
