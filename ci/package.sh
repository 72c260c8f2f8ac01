#!/usr/bin/env bash
# Puts a built program with its licence, manual pages and completions into dist/tunctl-TARGET.tar.gz.
#
#   ci/package.sh TARGET [PROGRAM]   PROGRAM: what `cargo build --release --target TARGET` made
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:?which target?}
suffix=
case "$target" in *windows*) suffix=.exe ;; esac
program=${2:-target/$target/release/tunctl$suffix}
name=tunctl-$target

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name/completions" dist
cp "$program" "$work/$name/tunctl$suffix"
cp LICENSE README.md CHANGELOG.md "$work/$name/"
# What cannot run here was built for another machine: such an archive has the program alone.
if "$program" --version >/dev/null 2>&1; then
    "$program" man "$work/$name/man" --quiet
    "$program" completions bash >"$work/$name/completions/tunctl.bash"
    "$program" completions zsh >"$work/$name/completions/_tunctl"
    "$program" completions fish >"$work/$name/completions/tunctl.fish"
    "$program" completions powershell >"$work/$name/completions/tunctl.ps1"
    "$program" completions elvish >"$work/$name/completions/tunctl.elv"
fi
tar -czf "dist/$name.tar.gz" -C "$work" "$name"
echo "dist/$name.tar.gz"
