#!/bin/sh
# gatehand
#
# Starts the LiteLLM gateway of this folder on http://127.0.0.1:4000. Needs this folder and LiteLLM, nothing else.
#   start-gateway.sh                 in the background; returns when the gateway answers
#   start-gateway.sh --no-wait       in the background; returns at once
#   start-gateway.sh --foreground    becomes the gateway, for systemd, launchd and the like
#   start-gateway.sh --check         starts nothing: says which Python would run it, or why it cannot be started
# What runs then is serve.py of this folder, and LiteLLM as its child; `kill -HUP` with the number in gateway.pid has it
# take a new configuration without a pause, and gateway.status.json tells how that went.
# GATEWAY_START_TIMEOUT (seconds, 300), here or in .env, is how long LiteLLM may take to answer, now and at each new
# configuration.
# Exit: 0 it runs, 1 it cannot be started (the sentence says why), 3 wrong usage, 6 it was started and does not answer,
# 75 a deployment was interrupted.
set -u
umask 077
absolute=
set -f
IFS=:
for folder in ${PATH-}; do
    case $folder in /*) absolute=$absolute$folder: ;; esac
done
unset IFS
set +f
PATH=$absolute/usr/bin:/bin

# The gateway's environment is .env and what follows; of the shell's only what programs need to find their way. So it
# is the same from every shell and at login, and no ANTHROPIC_BASE_URL of Claude Code lets the gateway call itself.
for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
    case $name in
        PATH | HOME | USER | LOGNAME | SHELL | LANG | LANGUAGE | LC_* | TZ | TMPDIR | LD_LIBRARY_PATH) ;;
        IFS | PWD | OLDPWD | _ | GATEWAY_START_TIMEOUT | GATEWAY_DRAIN_SECONDS | GATEWAY_PROGRESS | GATEWAY_LEASH) ;;
        GATEWAY_COMMAND) ;; # how the person types our commands
        *) (unset "$name") 2>/dev/null && unset "$name" ;; # some of the shell's own cannot be unset
    esac
done
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

port=4000
url=http://127.0.0.1:$port
listen=127.0.0.1
given=''
env_file=$here/.env
log=$here/litellm.log
seen=0
status=$here/gateway.status.json
lock=$here/.start-lock

refuse_others "$here"

mode='wait'
case ${1-} in
    '') ;;
    --no-wait | --foreground | --check) mode=${1#--} ;;
    *) die 3 "Usage: start-gateway.sh [--no-wait | --foreground | --check]" ;;
esac
[ $# -le 1 ] || die 3 "Usage: start-gateway.sh [--no-wait | --foreground | --check]"

# --- LiteLLM: found and judged by its files; the malicious releases steal at every start of their Python -------------

find_litellm() {
    if [ -d "$given" ]; then given=$given/bin/litellm; fi
    if [ -n "$given" ] && [ ! -x "$given" ]; then
        die 1 "$given, the LiteLLM that was chosen with --litellm, cannot be run. Deploy again with another --litellm."
    fi
    for program in "$given" "$here/venv/bin/litellm" "$(command -v litellm)"; do
        [ -f "$program" ] && [ -x "$program" ] && real "$program" && return
    done
    die 1 "LiteLLM was not found. Install it: \`${GATEWAY_COMMAND:-gatehand} litellm\`, or
\`uv tool install 'litellm[proxy]' --with prisma\`, or \`pipx install 'litellm[proxy]' && pipx inject litellm prisma\`."
}
interpreter() { # PROGRAM: the Python of its environment
    for python in "${1%/*}/python3" "${1%/*}/python" "$(head -n 1 "$1" | tr -d '\0' | sed 's/^#! *//; s/ .*//')"; do
        case ${python##*/} in python*) [ -x "$python" ] && printf '%s\n' "$python" && return ;; esac
    done
    die 1 "$1 is no program of a Python environment, so its version cannot be told without running it.
Deploy again with --litellm and the path of the real one (behind a pyenv shim: \`pyenv which litellm\`)."
}
older() { # VERSION VERSION: the first is the older one
    first=$1. second=$2.
    while [ -n "$second" ]; do
        a=${first%%.*} b=${second%%.*}
        a=${a%%[!0-9]*} b=${b%%[!0-9]*}
        [ "${a:-0}" -eq "${b:-0}" ] || break
        first=${first#*.} second=${second#*.}
    done
    [ "${a:-0}" -lt "${b:-0}" ]
}
judge() { # PROGRAM: sets version, or ends
    version=
    packages=${1%/*}/..
    for found in "$packages"/lib*/python*/*-packages/litellm_init.pth "$packages"/lib*/python*/*-packages/litellm-1.82.[78].*; do
        if [ -e "$found" ]; then
            die 1 "$1 is a malicious release of LiteLLM; it was not run. It steals credentials: do not start any Python
of that environment, delete it, and rotate every credential on this machine. Found: $found"
        fi
    done
    for found in "$packages"/lib*/python*/*-packages/litellm-*.dist-info; do
        [ -d "$found" ] || continue
        found=${found##*/litellm-}
        found=${found%.dist-info}
        if [ -z "$version" ] || older "$version" "$found"; then version=$found; fi
    done
    refuse_others "$(dirname -- "$(real "$1")")"
    [ -n "$version" ] || die 1 "$1: no files of LiteLLM are beside it, so its version cannot be told without running it.
Deploy again with --litellm and the path of the real one."
    if older "$version" 1.88.0; then
        die 1 "$1 is LiteLLM $version; releases before 1.88.0 are too old to be run here. Upgrade it."
    fi
}

# --- .env: read line by line, nothing of it is executed ----------------------------------------------------------------

load_env() {
    gw_cr=$(printf '\r') gw_tab=$(printf '\t')
    while IFS= read -r gw_line || [ -n "$gw_line" ]; do
        gw_line=${gw_line%"$gw_cr"}
        gw_line=${gw_line#"export "}
        gw_name=${gw_line%%=*}
        gw_value=${gw_line#*=}
        case $gw_line in *=*) ;; *) continue ;; esac
        case $gw_name in '' | [0-9]* | *[!A-Za-z0-9_]* | gw_*) continue ;; esac
        case $gw_value in
            \'*) gw_value=${gw_value#?} gw_value=${gw_value%%\'*} ;;
            \"*) gw_value=${gw_value#?} gw_value=${gw_value%%\"*} ;;
            *) gw_value=${gw_value%%[ "$gw_tab"]#*} gw_value=${gw_value%"${gw_value##*[! "$gw_tab"]}"} ;;
        esac
        (export "$gw_name=$gw_value") 2>/dev/null && export "$gw_name=$gw_value"
    done <"$env_file"
}
given_timeout() { # what the shell says, else .env
    [ -n "${GATEWAY_START_TIMEOUT-}" ] || load_env
    printf '%s\n' "${GATEWAY_START_TIMEOUT:-300}"
}
missing() { # names what must be in .env and is not
    load_env
    case ${LITELLM_MASTER_KEY:-} in '' | CHANGE[-_]ME* | YOUR[-_]*) printf ' %s' LITELLM_MASTER_KEY ;; esac
    case ${OPENAI_API_KEY:-} in '' | CHANGE[-_]ME* | YOUR[-_]*) printf ' %s' OPENAI_API_KEY ;; esac
    return 0
}

# --- the process ---------------------------------------------------------------------------------------------------------

# PORT SECONDS: 0 it is ready, 1 nobody is there, 2 somebody is there, who has not said within SECONDS that it is ready
ask='
import socket, sys
try:
    connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
except ConnectionRefusedError:
    sys.exit(1)
except OSError:
    sys.exit(2)
try:
    connection.settimeout(float(sys.argv[2]))
    connection.sendall(b"GET /health/readiness HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    answer = b""
    for part in iter(lambda: connection.recv(4096), b""):  # to its end: who is cut off complains in its log
        answer += part
        if len(answer) > 99999:
            break
    sys.exit(0 if answer.split()[1:2] == [b"200"] else 2)
except OSError:
    sys.exit(2)
'
# FILE: 1 another process has it locked
free='
import fcntl, sys
try:
    fcntl.flock(open(sys.argv[1]), fcntl.LOCK_SH | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(1)
except OSError:
    pass
'
# FOLDER NAME...: prints those that are not what the manifest in FOLDER says was deployed
changed='
import hashlib, json, sys
folder, names = sys.argv[1], sys.argv[2:]
try:
    with open(folder + "/deployment-manifest.json", "rb") as file:
        deployed = json.load(file)["files"]
    for name in names:
        with open(folder + "/" + name, "rb") as file:
            if deployed[name] != "sha256:" + hashlib.sha256(file.read()).hexdigest():
                print(name)
except (OSError, ValueError, LookupError, TypeError, RecursionError):
    pass
'
# Leaves the terminal and the process group of whoever calls: neither closing it nor Ctrl-C there ends the gateway.
detach='
import os, sys
os.setsid()
os.execv(sys.argv[1], sys.argv[1:])
'
hide='
import os, re, sys
secret = re.compile("KEY|SECRET|TOKEN|PASSW|CREDENTIAL|_URL", re.I)
hidden = [value for name, value in os.environ.items() if secret.search(name) and len(value) > 7]
for line in sys.stdin.buffer:
    for value in hidden:
        line = line.replace(os.fsencode(value), b"[hidden]")
    sys.stdout.buffer.write(line)
'
python_says() { "$python" -I -S -c "$@" 2>/dev/null; }

become() { # PROGRAM ARGUMENTS: serve.py, which reads .env itself
    set -- "$@" "$python" "$here/serve.py" --config "$config" --host "$listen" --port "$port" --instance "$instance"
    set -- "$@" --start-timeout $((timeout + 2)) # ours comes first, and says it better
    [ -z "${GATEWAY_LEASH-}" ] || set -- "$@" --leash "$GATEWAY_LEASH" # of a deployment that may still be undone
    cd "$here" || exit 1
    unset GATEWAY_START_TIMEOUT GATEWAY_PROGRESS GATEWAY_LEASH GATEWAY_COMMAND
    exec "$@"
}
record() { # PID
    rm -rf "$pid_file.new"
    (
        set -C # does not write through a link
        {
            printf 'pid=%s\nstarted=%s\ninstance=%s\n' "$1" "$(started "$1")" "$instance"
            printf 'port=%s\nlisten=%s\nlitellm=%s\nprogram=%s\n' "$port" "$listen" "$version" "$litellm"
        } >"$pid_file.new"
    )
    mv -f "$pid_file.new" "$pid_file"
}
serving() { # PID: says of itself that it serves
    grep -qx "  \"supervisor\": $1," "$status" && grep -qx '  "state": "serving",' "$status"
} 2>/dev/null
new_one() { serving "$pid" && python_says "$ask" "$port" 10; }
old_one() { ! grep -qx '  "worker": null,' "$status" 2>/dev/null && python_says "$ask" "$port" 10; }
waited() { # TEST: until it is true; fails with 1 when the gateway has ended, with 2 when that takes too long
    begin=$(date +%s)
    shown=0
    until "$1"; do
        elapsed=$(($(date +%s) - begin))
        alive "$pid" || return 1
        [ "$elapsed" -lt "$timeout" ] || return 2
        if [ $((elapsed - shown)) -ge 5 ] && { [ -t 2 ] || [ -n "${GATEWAY_PROGRESS-}" ]; }; then
            shown=$elapsed
            say "  LiteLLM is starting, $elapsed s so far"
        fi
        sleep 0.2
    done
    elapsed=$(($(date +%s) - begin))
}
join() { # it runs already, perhaps since a moment ago, by another's doing: then it may not be ready yet
    recorded=$(recorded port)
    digits "$recorded" && port=$recorded
    python=$({ litellm=$(find_litellm) && judge "$litellm" && interpreter "$litellm"; } 2>/dev/null)
    if [ "$mode" = 'wait' ] && [ -n "$python" ]; then
        waited old_one
        case $? in
            1) fail 6 "The gateway ended while it was starting, after $elapsed s." ;;
            2) fail 6 "The gateway, which was running already (pid $pid), has not become ready within $timeout s." ;;
        esac
    fi
    say "The gateway is already running: http://127.0.0.1:$port (pid $pid)."
    exit 0
}
fail() { # CODE SENTENCE: says it, shows the end of the log where that may tell why, and ends
    say "$2"
    if [ "$1" -eq 6 ]; then
        say "The end of $log:"
        (load_env && tail -c "+$((seen + 1))" "$log" | tail -n 40 | python_says "$hide") >&2
    fi
    exit "$1"
}
give_up() { # CODE SENTENCE: what was started is stopped again; what another one has put there meanwhile stays
    [ "$(recorded instance)" != "$instance" ] || rm -f "$pid_file"
    [ -n "$pid" ] && alive "$pid" && end "$pid" 10 "$(started "$pid")"
    ! grep -qx "  \"supervisor\": $pid," "$status" 2>/dev/null || rm -f "$status"
    fail "$@"
}

# --- one start at a time -------------------------------------------------------------------------------------------------

lock_holder() { # the number of the start that holds the lock; fails when that one has ended, or is LiteLLM by now
    [ -e "$lock/pid" ] || [ ! -d "$lock" ] || sleep 1 # it may be just being made
    read -r holder since 2>/dev/null <"$lock/pid" && digits "$holder" && alive "$holder" &&
        [ "$(started "$holder")" = "$since" ] && ! told "$holder" "$config" && printf '%s\n' "$holder"
}
take_lock() { # fails when the gateway runs already, whose number is in pid then
    tries=0
    signalled=
    trap 'signalled=yes' INT TERM HUP # until it is certain whose the lock is
    until mkdir "$lock" 2>/dev/null; do
        [ -z "$signalled" ] || exit 130
        judged=$(cat "$lock/pid" 2>/dev/null)
        holder=$(lock_holder)
        held=$?
        if pid=$(gateway_pid); then return 1; fi
        [ "$held" -ne 0 ] || die 1 "Another start is under way (pid $holder)."
        tries=$((tries + 1))
        [ "$tries" -lt 20 ] || die 1 "$lock cannot be made."
        if [ ! -d "$lock" ]; then # it has just gone, or cannot be made at all
            sleep 0.1
        elif [ "$(cat "$lock/pid" 2>/dev/null)" = "$judged" ]; then
            mv "$lock" "$lock.$$" 2>/dev/null && rm -rf "$lock.$$"
        fi
    done
    trap 'rm -rf "$lock"' EXIT
    trap 'exit 130' INT TERM HUP # a shell that dies of a signal does not run the EXIT trap
    [ -z "$signalled" ] || exit 130
    printf '%s %s\n' "$$" "$(started $$)" >"$lock/pid"
    if pid=$(gateway_pid); then
        trap - EXIT
        rm -rf "$lock"
        return 1
    fi
}
look() { # sets litellm, version and python, or ends and says why it cannot be started
    litellm=$(find_litellm) || exit
    python=$(interpreter "$litellm") || exit
    judge "$litellm"
    if [ -e "$here/.gw-txn.json" ] && python_says "$free" "$here/.lock"; then # a deployment that lives may start this
        die 75 "A deployment into $here was interrupted: what stands may be half old and half new. Deploy again first."
    fi
    names=$(python_says "$changed" "$here" serve.py)
    [ -z "$names" ] || die 1 "$here/$names is not what was deployed, and was not run. Deploy again."
    names=$(missing)
    [ -z "$names" ] || die 1 "$env_file does not say:$names. Set what is missing there, or in your shell and deploy again."
}

# --- here it begins ------------------------------------------------------------------------------------------------------

for file in "$config" "$env_file" "$here/serve.py"; do
    [ -r "$file" ] || die 1 "$file is not there, or may not be read. Deploy again."
done
[ -h "$env_file" ] || chmod go= "$env_file" || exit 1 # it holds keys
timeout=$(given_timeout)
digits "$timeout" || die 3 "GATEWAY_START_TIMEOUT must be a number of seconds, not '$timeout'."
if [ "$mode" = check ]; then
    look
    printf '%s\n' "$python"
    exit 0
fi

if pid=$(gateway_pid) || ! take_lock; then join; fi
patience=0
[ ! -e "$pid_file" ] || patience=10 # one that was killed a moment ago may still hold the port
rm -f "$pid_file" "$status"
look

python_says "$ask" "$port" 0.5
answer=$?
while [ "$answer" != 1 ] && [ "$patience" -gt 0 ]; do
    patience=$((patience - 1))
    sleep 0.3
    python_says "$ask" "$port" 0.5
    answer=$?
done
case $answer in
    1) ;;
    0 | 2)
        who=$(lsof -nP "-iTCP:$port" -sTCP:LISTEN 2>/dev/null | awk 'NR == 2 {print ": " $1 ", pid " $2}')
        die 1 "Port $port is taken by another program$who. Stop that one, or deploy with another --port."
        ;;
    *) die 1 "$python cannot be run." ;;
esac

[ ! -h "$log" ] || die 1 "$log is a link, and is not written through. Remove it."
if ! { : >>"$log" && chmod 600 "$log"; }; then die 1 "$log cannot be written."; fi
seen=$(($(wc -c <"$log")))

instance=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
if [ "$mode" = foreground ]; then
    record $$
    become # with the lock, which is worth nothing any more as soon as this is serve.py
fi

pid=
if [ "$mode" = wait ]; then
    trap '' PIPE # who reads what is said may have died: the end is the same
    trap 'trap "" INT TERM HUP; give_up 130 "Interrupted; the gateway was stopped again."' INT TERM HUP
fi
(become "$python" -I -S -c "$detach") </dev/null >>"$log" 2>&1 &
pid=$!
record "$pid"
if [ "$mode" = no-wait ]; then
    while alive "$pid" && ! told "$pid" "$instance"; do sleep 0.1; done # only then another start or a stop knows it
    say "The gateway is starting: $url (pid $pid), log in $log."
    exit 0
fi
waited new_one
case $? in
    0) ;;
    1)
        wait "$pid"
        [ $? -ne 1 ] || give_up 1 "The gateway cannot be started: $(tail -n 1 "$log")"
        give_up 6 "LiteLLM ended while it was starting, after $elapsed s."
        ;;
    *) give_up 6 "LiteLLM has not become ready within $timeout s; it was stopped again." ;;
esac
printf 'LiteLLM %s answers on %s (pid %s, after %s s)\n' "$version" "$url" "$pid" "$elapsed"
