#!/bin/sh
# A cluster of three coordinators and three nodes on this machine, in one folder: for trying it out
# and for tests. Certificates, encryption and everything else are as in a real one.
set -eu

usage() {
    cat <<'TEXT'
usage: deploy/local/cluster.sh COMMAND FOLDER [...]

  start FOLDER            make what is missing, start what does not run, wait until it is ready
  node FOLDER ID          begin and start a further node, and add it
  forget FOLDER ID        stop a node that was removed, and do not start it again
  stop FOLDER [NAME]      tell all, or one, to stop, and wait for it
  kill FOLDER NAME        kill one as a crash would
  ps FOLDER               what runs

NAME is such as coordinator-1 or node-2. The program is $TANBA, else target/release/tanba; ports
are $TANBA_PORT (7100) and up.
TEXT
    exit 2
}

[ $# -ge 2 ] || usage
command=$1
folder=$2
tanba=${TANBA:-target/release/tanba}
port=${TANBA_PORT:-7100}
file=$folder/cluster.toml
log=$folder/log
run=$folder/run

certificate() { # ROLE ID
    [ -d "$folder/certs/$1-$2" ] || "$tanba" certs issue --authority "$folder/authority" \
        --role "$1" --id "$2" --out "$folder/certs/$1-$2" >/dev/null
}

running() { # NAME
    [ -f "$run/$1.pid" ] && kill -0 "$(cat "$run/$1.pid")" 2>/dev/null
}

serve() { # NAME ARGUMENT...
    name=$1
    shift
    running "$name" && return
    nohup "$tanba" "$@" >>"$log/$name.log" 2>&1 &
    echo $! >"$run/$name.pid"
}

coordinator() { # ID
    certificate coordinator "$1"
    data=$folder/coordinator-$1
    [ -d "$data" ] || "$tanba" coordinator found --cluster "$file" --id "$1" --data "$data" >/dev/null
    serve "coordinator-$1" coordinator serve --cluster "$file" --id "$1" --data "$data" \
        --certificates "$folder/certs/coordinator-$1" --metrics "127.0.0.1:$((port + 200 + $1))"
}

node() { # ID
    certificate node "$1"
    data=$folder/node-$1
    [ -d "$data" ] || "$tanba" node begin --cluster "$file" --id "$1" --data "$data" \
        --format json | sed -n 's/.*"incarnation": "\(.*\)".*/\1/p' >"$folder/node-$1.incarnation"
    serve "node-$1" node serve --cluster "$file" --id "$1" --data "$data" \
        --listen "127.0.0.1:$((port + 100 + $1))" --certificates "$folder/certs/node-$1" \
        --metrics "127.0.0.1:$((port + 300 + $1))"
}

add() { # ID
    "$tanba" cluster nodes add "$1" --incarnation "$(cat "$folder/node-$1.incarnation")" \
        --cluster "$file"
}

await() { # WHAT
    "$tanba" cluster wait --for "$1" --cluster "$file" --at-most-s 60 >/dev/null
}

start() {
    mkdir -p "$log" "$run" "$folder/certs"
    [ -d "$folder/authority" ] ||
        "$tanba" certs init --name local --out "$folder/authority" >/dev/null
    certificate operator 1
    [ -f "$file" ] || "$tanba" cluster init --name local --out "$file" \
        --coordinator "1=127.0.0.1:$((port + 1))" --coordinator "2=127.0.0.1:$((port + 2))" \
        --coordinator "3=127.0.0.1:$((port + 3))" --certificates certs/operator-1 >/dev/null
    for id in 1 2 3; do coordinator "$id"; done
    await leader
    if [ -f "$run/added" ]; then
        for id in $(nodes); do node "$id"; done
    else
        for id in 1 2 3; do node "$id" && add "$id"; done
        touch "$run/added"
    fi
    await replicas
    cat <<TEXT
The cluster is ready.
  look:    $tanba cluster status --cluster $file
  enroll:  $tanba enroll PRINTS --cluster $file
  search:  $tanba identify PRINT --cluster $file --purpose 1
  stop:    deploy/local/cluster.sh stop $folder
TEXT
}

stop() { # NAME...
    for name in "$@"; do
        if running "$name"; then kill "$(cat "$run/$name.pid")"; fi
    done
    for name in "$@"; do
        while running "$name"; do sleep 0.1; done
        rm -f "$run/$name.pid"
    done
}

nodes() { # those that were begun and not forgotten
    ls "$folder" | sed -n 's/^node-\([0-9]*\)\.incarnation$/\1/p'
}

names() {
    ls "$run" | sed -n 's/\.pid$//p'
}

case $command in
start) start ;;
node)
    [ $# -eq 3 ] || usage
    node "$3"
    add "$3"
    ;;
forget)
    [ $# -eq 3 ] || usage
    stop "node-$3"
    rm -f "$folder/node-$3.incarnation"
    ;;
stop)
    # shellcheck disable=SC2046 # names have no spaces
    if [ $# -eq 3 ]; then stop "$3"; else stop $(names); fi
    ;;
kill)
    [ $# -eq 3 ] || usage
    kill -9 "$(cat "$run/$3.pid")"
    rm "$run/$3.pid"
    ;;
ps)
    for name in $(names); do
        if running "$name"; then echo "$name: process $(cat "$run/$name.pid")"; else
            echo "$name: ended; see $log/$name.log"
        fi
    done
    ;;
*) usage ;;
esac
