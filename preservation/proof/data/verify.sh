#!/bin/sh
# Proves one document by hand: its digest, up the hash tree of path.txt, to what the timestamp authority signed.
# Usage: sh verify.sh [ROOT.pem]    (the authority's root certificate, from the authority itself; default: roots/)
# Needs openssl, xxd, sed, awk, sort. Chứng minh một tài liệu bằng tay; cách dùng như trên.
set -eu
cd "$(dirname "$0")"
export LC_ALL=C
field() { sed -n "s/^$1: //p" path.txt; }
digest() { openssl dgst "-$(field algorithm)" -binary | xxd -p -c 256; }
value=$(digest < "$(field document)")
awk '$1 == 1 { print $2 }' path.txt | grep -qx "$value" || { echo "FAILED: $(field document) was changed"; exit 2; }
for list in $(awk '$1 ~ /^[0-9]+$/ && !seen[$1]++ { print $1 }' path.txt); do
  values=$(awk -v list="$list" '$1 == list { print $2 }' path.txt)
  [ "$list" = 1 ] || values=$(printf '%s\n%s' "$values" "$value")
  if [ "$values" != "$value" ]; then value=$(printf '%s\n' "$values" | sort | tr -d '\n' | xxd -r -p | digest); fi
done
[ "$value" = "$(field root)" ] || { echo "FAILED: the hash tree does not lead to the timestamp"; exit 2; }
echo "The document leads to $value"
cat ${1:-roots/*.pem} > "${TMPDIR:-/tmp}/roots.$$.pem"
trap 'rm -f "${TMPDIR:-/tmp}/roots.$$.pem"' EXIT
openssl ts -verify -digest "$value" -in "$(field token)" -token_in -CAfile "${TMPDIR:-/tmp}/roots.$$.pem" \
  -untrusted certs.pem -attime "$(field attime)" || { echo "FAILED: the timestamp does not verify"; exit 2; }
