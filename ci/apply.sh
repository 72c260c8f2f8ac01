#!/usr/bin/env bash
# Applies what is on the main branch. Ends as `tunctl apply` ends: 3 is a guard that somebody has to
# lift, 4 a world that moved, 5 something that has not settled and that the next run looks at again.
#
#   WITH_FILES   manifests or directories, one a line (default: tunctl.yaml)
#   WITH_BASE    what `--base` takes, if anything
#   TUNCTL       the program (default: tunctl)
set -euo pipefail

files=()
while IFS= read -r file; do
    if [ -n "$file" ]; then files+=("$file"); fi
done <<<"${WITH_FILES:-tunctl.yaml}"

flags=(--auto-approve)
if [ -n "${WITH_BASE:-}" ]; then flags+=("--base=$WITH_BASE"); fi
exec "${TUNCTL:-tunctl}" apply "${flags[@]}" -- "${files[@]}"
