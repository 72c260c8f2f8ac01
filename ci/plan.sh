#!/usr/bin/env bash
# Plans and leaves a comment for the pull request in a file. Everything comes in by environment
# variables, because what a pull request says must never become shell:
#
#   WITH_FILES      manifests or directories, one a line (default: tunctl.yaml)
#   WITH_BASE       what `--base` takes: the branch that the pull request goes to, as origin/main
#   WITH_FROM       a snapshot to plan with, instead of a token
#   WITH_STORE      what `--store` takes; not with a snapshot, which needs no network
#   WITH_DIRECTORY  where `comment.md` and `plan.json` go (default: a new directory)
#   TUNCTL          the program (default: tunctl)
#
# Ends as the plan ended, but with 0 where there are changes. The comment is there in any case: also
# a plan that cannot be made has one.
set -euo pipefail

files=()
while IFS= read -r file; do
    if [ -n "$file" ]; then files+=("$file"); fi
done <<<"${WITH_FILES:-tunctl.yaml}"

directory=${WITH_DIRECTORY:-$(mktemp -d)}
mkdir -p "$directory"
flags=(--detailed-exitcode --format markdown --out "$directory/plan.json" "--base=${WITH_BASE:?}")
if [ -n "${WITH_FROM:-}" ]; then
    flags+=("--from=$WITH_FROM")
elif [ -n "${WITH_STORE:-}" ]; then
    flags+=("--store=$WITH_STORE")
fi

end=0
"${TUNCTL:-tunctl}" plan "${flags[@]}" -- "${files[@]}" >"$directory/comment.md" || end=$?
cat "$directory/comment.md"

changes=false
if [ "$end" -eq 2 ]; then
    changes=true
    end=0
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
    printf 'changes=%s\ncomment=%s\nplan=%s\n' \
        "$changes" "$directory/comment.md" "$directory/plan.json" >>"$GITHUB_OUTPUT"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$directory/comment.md" >>"$GITHUB_STEP_SUMMARY"; fi
exit "$end"
