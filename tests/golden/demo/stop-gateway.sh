#!/bin/sh
# gatehand
#
# Stops the gateway that start-gateway.sh of this folder started, and nothing else.
#   stop-gateway.sh
# Nothing new is taken, and what is being answered is finished first. GATEWAY_STOP_TIMEOUT (seconds, 30) is how long that
# may take; then answers are cut off, and what has not ended 5 s later is killed.
# Exit: 0 it does not run (any more), 3 wrong usage.
set -u
absolute=
set -f
IFS=:
for folder in ${PATH-}; do
    case $folder in /*) absolute=$absolute$folder: ;; esac
done
unset IFS
set +f
PATH=$absolute/usr/bin:/bin

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

# --- who can change a folder: the rule of tasks/core/disk/trust.py -------------------------------------------------------

judge_folder() { # LAST MODE OWNER GROUP: fails when another user can change it
    case $3 in 0 | "$me") ;; *) if [ "$1" = last ] || ! outside "$3"; then return 1; fi ;; esac
    [ "$1" = last ] || case $2 in d????????[tT]*) return 0 ;; esac
    case $2 in ????????w*) return 1 ;; ?????w*) ;; *) return 0 ;; esac
    [ "$4" = 0 ] || [ "$4" = "$own_group" ] || { [ "$1" = above ] && [ "$3" = 0 ]; } ||
        { [ "$4" = 80 ] && [ "$(uname)" = Darwin ]; }
}
outside() { # USER: what all are called who are outside of our user namespace, as the system's root is there
    [ "$1" = "$(cat /proc/sys/kernel/overflowuid)" ] &&
        ! awk -v "user=$1" '$1 <= user && user < $1 + $3 {found = 1} END {exit !found}' /proc/self/uid_map
} 2>/dev/null
refuse_others() { # FOLDER: ends unless this user alone can change it and the folders above it
    me=$(id -u) own_group=
    if [ "$(id -gn)" = "$(id -un)" ]; then own_group=$(id -g); fi 2>/dev/null
    folder=$1 which=last
    while :; do
        # shellcheck disable=SC2012 # of one folder, whose name is not read
        read -r bits _ whose whom _ <<EOF
$(LC_ALL=C ls -ldn -- "${folder:-/}" | head -n 1)
EOF
        judge_folder "$which" "$bits" "$whose" "$whom" ||
            die 1 "${folder:-/} can be changed by another user. It must be yours: chmod go-w it, or change its owner."
        [ -n "$folder" ] || break
        folder=${folder%/*} which=above
    done
}

# --- the process -----------------------------------------------------------------------------------------------------

# A process is ours when it is alive, belongs to this user, started when gateway.pid says, and runs serve.py of this
# folder with the random word that gateway.pid holds: its number alone proves nothing, numbers are used again.
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
mine() { # PID: belongs to this user
    if [ -r "/proc/$1/status" ]; then
        owner=$(sed -n 's/^Uid:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status")
    else
        owner=$(ps -o uid= -p "$1" | trimmed)
    fi 2>/dev/null
    [ "$owner" = "$(id -u)" ]
}
serves() { # PID WORD: it runs serve.py of this folder, and was given this word
    gap=' '
    if [ -r "/proc/$1/cmdline" ]; then
        gap='
'
        line=$(tr '\0' '\n' <"/proc/$1/cmdline")
    else
        line=$(LC_ALL=en_US.UTF-8 ps -ww -o args= -p "$1")
    fi 2>/dev/null
    case $gap$line$gap in
        *"$gap$here/serve.py$gap--config$gap$config$gap"*"$gap--instance$gap$2$gap"*) ;;
        *) return 1 ;;
    esac
}
alive() { # PID: runs, and may be signalled by us
    kill -0 "$1" 2>/dev/null || return 1
    case $(state "$1") in '' | Z*) return 1 ;; esac
}
recorded() { sed -n "s/^$1=//p" "$pid_file" 2>/dev/null | head -n 1; }
gateway_pid() { # the number of this folder's running gateway; fails when there is none
    pid=$(recorded pid) instance=$(recorded instance)
    case $instance in '' | *[!0-9a-f]*) return 1 ;; esac
    digits "$pid" && alive "$pid" && mine "$pid" && [ "$(started "$pid")" = "$(recorded started)" ] &&
        serves "$pid" "$instance" && printf '%s\n' "$pid"
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
