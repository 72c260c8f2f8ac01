#!/usr/bin/env bash
# Applies what is on the main branch. Ends as `tunctl apply` ends: 3 is a guard that somebody has to
# lift, 4 a world that moved, 5 something that has not settled and that the next run looks at again.
#
#   WITH_FILES   manifests or directories, one a line (default: tunctl.yaml)
#   WITH_BASE    what `--base` takes (default: auto, the commit that was applied last)
#   WITH_STORE   what `--store` takes; `auto` needs one that outlives the job
#   TUNCTL       the program (default: tunctl)
set -euo pipefail

files=()
while IFS= read -r file; do
    if [ -n "$file" ]; then files+=("$file"); fi
done <<<"${WITH_FILES:-tunctl.yaml}"

flags=(--auto-approve "--base=${WITH_BASE:-auto}")
if [ -n "${WITH_STORE:-}" ]; then flags+=("--store=$WITH_STORE"); fi
exec "${TUNCTL:-tunctl}" apply "${flags[@]}" -- "${files[@]}"
