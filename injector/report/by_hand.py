"""The check of a proof in the words of a shell, for those who run nothing of ours.

The same lines stand in ``docs/verify.md`` and in every directory of proofs; the tests run
both. bash, sha256sum and openssl are all they need.
"""

from typing import Final

CHECK_NOTE: Final = r"""check_note() {  # a file with a signed note, and the key of its signer
  name=${2%%+*} id=$(printf '%s' "$2" | cut -d+ -f2)
  sed '/^$/,$d' "$1" > text.txt
  {
    printf '\060\052\060\005\006\003\053\145\160\003\041\000'
    printf '%s' "$2" | cut -d+ -f3- | base64 -d | tail -c +2
  } > key.der
  { printf '%s\n\001' "$name"; tail -c 32 key.der; } | sha256sum | cut -c 1-8 > id.txt
  test "$(cat id.txt)" = "$id" || { echo 'the key id is not of this name and key'; return 1; }
  : > signature.bin
  sed -n '/^$/,$s/^— //p' "$1" | while read -r signer line; do
    printf '%s' "$line" | base64 -d > line.bin
    if test "$signer" = "$name" && test "$(od -An -tx1 -N4 line.bin | tr -d ' ')" = "$id"; then
      tail -c +5 line.bin > signature.bin
    fi
  done
  openssl pkeyutl -verify -pubin -keyform DER -inkey key.der \
    -rawin -in text.txt -sigfile signature.bin
}
"""
"""A signed note of any kind: a checkpoint, a person's signature, a key's succession."""

CHECK_PROOF: Final = r"""check_proof() {  # entry-N, and the verifier key of the log
  node=$(sed -n '2,3s/^index //p' "$1.tlog-proof")
  test "${1##*/}" = "entry-$node" || { echo "$1: this is the proof of entry $node"; return 1; }
  sed '1,/^$/d' "$1.tlog-proof" > note.txt
  sed '/^$/,$d' "$1.tlog-proof" | sed '1,/^index /d' > path.txt
  last=$(($(sed -n 2p note.txt) - 1))
  { printf '\000'; cat "$1.json"; } | openssl dgst -sha256 -binary > hash.bin
  while read -r step; do
    printf '%s' "$step" | base64 -d > step.bin
    if test $((node % 2)) = 1 || test "$node" = "$last"; then
      { printf '\001'; cat step.bin hash.bin; } > pair.bin
      while test $((node % 2)) = 0 && test "$node" != 0; do
        node=$((node / 2)) last=$((last / 2))
      done
    else
      { printf '\001'; cat hash.bin step.bin; } > pair.bin
    fi
    openssl dgst -sha256 -binary pair.bin > hash.bin
    node=$((node / 2)) last=$((last / 2))
  done < path.txt
  if test "$last" = 0 && test "$(base64 < hash.bin)" = "$(sed -n 3p note.txt)"; then
    echo "$1: leads to the root" && check_note note.txt "$2"
  else
    echo "$1: does NOT lead to the root"
    return 1
  fi
}
"""
"""An inclusion proof (RFC 9162, section 2.1.3.2) and the checkpoint that it ends in."""

FIELD: Final = r"""field() {  # entry-N, a field: what the entry says there, as it is
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]], end="")' \
    "$1.json" "$2"
}
"""
"""A field of an entry, unquoted."""

FOLLOW_KEY: Final = r"""follow_key() {  # entry-N that hands over, and the key before it; sets next
  next=$(field "$1" vkey)
  for each in checkpoint handover; do
    field "$1" "$each" > "$each.note"
    check_note "$each.note" "$2" && check_note "$each.note" "$next" || return 1
    mv text.txt "$each.txt"
  done
  printf '%s\n%s\n' "${next%%+*}" "${1##*-}" > expected.txt
  head -n 2 checkpoint.txt | cmp - expected.txt || return 1
  { echo 'injector key 1'; cat checkpoint.txt; echo "key $next"; } | cmp - handover.txt || return 1
}
"""
"""Both notes of a rotation, each signed by both keys, over the entries before it."""
