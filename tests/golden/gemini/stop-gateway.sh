#!/bin/sh
# claude-gateway-recipes
#
# Stops the gateway that start-gateway.sh of this folder started, and nothing else.
#   stop-gateway.sh
# Nothing new is taken, and what is being answered is finished first. GATEWAY_STOP_TIMEOUT (seconds, 30) is how long that
# may take; then answers are cut off, and what has not ended 5 s later is killed.
# Exit: 0 it does not run (any more), 3 wrong usage.
set -u
PATH=$PATH:/usr/bin:/bin

say() { printf '%s\n' "$*" >&2; }
die() { # CODE SENTENCE
    code=$1
    shift
    say "$*"
    exit "$code"
}
trimmed() { tr -s ' ' | sed 's/^ //; s/ $//'; }
digits() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

real() { # PATH: the file that it leads to, absolute, every link followed
    file=$1
    while [ -h "$file" ]; do
        link=$(readlink "$file")
        case $link in
            /*) file=$link ;;
            *) file=$(dirname -- "$file")/$link ;;
        esac
    done
    folder=$(CDPATH='' cd -P -- "$(dirname -- "$file")" && pwd -P) && printf '%s/%s\n' "$folder" "${file##*/}"
}

here=$(real "$0") && here=${here%/*} || exit 1
config=$here/litellm_config.yaml
pid_file=$here/gateway.pid

# A process is ours when it is alive, started when gateway.pid says, and has on its command line our configuration and
# the random word that gateway.pid holds: its number alone proves nothing, numbers are used again.
state() { # PID: one letter, Z for one that has ended
    if [ -r "/proc/$1/stat" ]; then
        sed -n '$s/^.*) \(.\).*/\1/p' "/proc/$1/stat"
    else
        ps -o stat= -p "$1" | trimmed
    fi 2>/dev/null
}
started() { # PID: a mark of when it started
    if [ -r "/proc/$1/stat" ]; then
        sed -n '$s/^.*) //p' "/proc/$1/stat" | cut -d ' ' -f 20
    else
        LC_ALL=C TZ=UTC0 ps -o lstart= -p "$1" | trimmed
    fi 2>/dev/null
}
told() { # PID WORD: that process has this word on its command line
    if [ -r "/proc/$1/cmdline" ]; then
        tr '\0' '\n' <"/proc/$1/cmdline" | LC_ALL=C grep -Fqx -e "$2"
    else
        case " $(LC_ALL=en_US.UTF-8 ps -ww -o args= -p "$1") " in *" $2 "*) ;; *) return 1 ;; esac
    fi 2>/dev/null
}
alive() { # PID: runs, and may be signalled by us
    kill -0 "$1" 2>/dev/null || return 1
    case $(state "$1") in '' | Z*) return 1 ;; esac
}
recorded() { sed -n "s/^$1=//p" "$pid_file" 2>/dev/null | head -n 1; }
gateway_pid() { # the number of this folder's running gateway; fails when there is none
    pid=$(recorded pid) instance=$(recorded instance)
    digits "$pid" && alive "$pid" && [ "$(started "$pid")" = "$(recorded started)" ] && told "$pid" "$config" &&
        [ -n "$instance" ] && told "$pid" "$instance" && printf '%s\n' "$pid"
}
same() { [ "$(started "$1")" = "$2" ] && alive "$1"; } # PID STARTED: it is still that process, and runs
ends() { # PID SECONDS STARTED: it ends within that time
    deadline=$(($(date +%s) + $2))
    while same "$1" "$3"; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}
end() { # PID SECONDS STARTED: ask it to end; then not to finish what it answers; then end it, and what it has started
    same "$1" "$3" && kill -s TERM "$1" 2>/dev/null
    ends "$1" "$2" "$3" && return
    say "It has not ended within $2 s; answers that are under way are cut off now."
    same "$1" "$3" && kill -s TERM "$1" 2>/dev/null
    ends "$1" 5 "$3" && return
    say "It has not ended 5 s later either; it is killed now."
    same "$1" "$3" && { kill -s KILL -- "-$1" || kill -s KILL "$1"; } 2>/dev/null
    while same "$1" "$3"; do sleep 0.1; done
}

[ $# -eq 0 ] || die 3 "Usage: stop-gateway.sh"
timeout=${GATEWAY_STOP_TIMEOUT:-30}
digits "$timeout" || die 3 "GATEWAY_STOP_TIMEOUT must be a number of seconds, not '$timeout'."

if pid=$(gateway_pid); then
    end "$pid" "$timeout" "$(recorded started)"
    rm -f "$pid_file" "$here/gateway.status.json"
    case $(cat "$here/.start-lock/pid" 2>/dev/null) in "$pid "*) rm -rf "$here/.start-lock" ;; esac # of --foreground
    say "The gateway has stopped (pid $pid)."
elif [ -e "$pid_file" ]; then
    say "The gateway does not run. gateway.pid was left by one that ended without removing it; it is removed."
    rm -f "$pid_file" "$here/gateway.status.json"
else
    say "The gateway does not run."
fi
