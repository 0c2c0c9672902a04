#!/bin/sh
# gatehand
#
# Prints the gateway's token for Claude Code, which runs this as its apiKeyHelper: so the token stands in .env alone.
# Read line by line; nothing of .env is executed or expanded.
PATH=/usr/bin:/bin:$PATH # Claude Code runs this in any folder
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd -P) || exit 1
cr=$(printf '\r')
blank=" $(printf '\t')"
token=
while IFS= read -r line || [ -n "$line" ]; do
    line=${line%"$cr"}
    line=${line#"export "}
    case $line in GATEWAY_TOKEN=*) token=${line#*=} ;; esac
done <"$here/.env"
case $token in
    \'*) token=${token#?} token=${token%%\'*} ;;
    \"*) token=${token#?} token=${token%%\"*} ;;
    *)
        token=${token%%["$blank"]\#*}
        while [ "${token%["$blank"]}" != "$token" ]; do token=${token%?}; done
        ;;
esac
if [ -z "$token" ]; then
    echo "$here/.env has no value for GATEWAY_TOKEN" >&2
    exit 1
fi
printf '%s\n' "$token"
