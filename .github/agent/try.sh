#!/usr/bin/env bash
# Starts the agent's executable file, given as the one argument, and lets it make a key, check a directory and export it, from LDIF
# files of a made-up domain. Works in a new folder of its own. The same on Linux and, in Git's bash, on Windows.
set -euo pipefail

agent=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$here/contoso" "$here/entra-orphans-agent.json" "$folder"
cd "$folder"

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# The arguments have to end with this exit code, and to write this.
expect() {
  local code=0 output
  output=$("$agent" "${@:3}" 2>&1) || code=$?
  printf '\n> %s\n%s\n' "${*:3}" "$output"
  [ "$code" = "$1" ] || fail "Expected exit code $1, found $code."
  grep -qF -- "$2" <<< "$output" || fail "Expected \"$2\", found other words."
}

expect 0 '.' --version
expect 0 'Usage: entra-orphans-agent <command> [options]' --help
expect 0 'Usage: entra-orphans-agent check [options]' check --help
expect 0 'EXPORT_SOURCES [{"source":"contoso"' keygen
expect 0 'An export would be made.' check --ldif contoso
expect 0 'contoso/' export --ldif contoso --out exported
expect 2 'found nothing named nowhere' check --ldif nowhere

files=$(cd exported && find . -type f | sort)
printf '\n%s\n' "$files"
for name in manifest.json manifest.sig part-00000.ndjson.gz; do
  grep -q "/$name\$" <<< "$files" || fail "Expected the export to have $name."
done
