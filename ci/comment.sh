#!/usr/bin/env bash
# Puts a plan's comment on a pull request, in the place of the one that it left before. Needs `gh`
# and `jq`, which GitHub's runners have.
#
#   WITH_COMMENT       the file that ci/plan.sh wrote
#   WITH_PULL_REQUEST  the number of the pull request; without one the comment is printed
#   WITH_AUTHOR        whose comments may be replaced (default: github-actions[bot])
#   GH_TOKEN           may write to pull requests
#   GITHUB_REPOSITORY  owner/name
#
# The comment to replace begins with the same hidden line, and its author is the one that writes
# here: everybody may write that line, and would be the author of what says "plan" ever after.
set -euo pipefail

comment=${WITH_COMMENT:?}
if [ -z "${WITH_PULL_REQUEST:-}" ]; then
    cat "$comment"
    exit 0
fi
if ! [[ $WITH_PULL_REQUEST =~ ^[0-9]+$ ]]; then
    echo "WITH_PULL_REQUEST is no number" >&2
    exit 1
fi
if [ ! -s "$comment" ]; then
    echo "the plan ended before it had anything to say: no comment" >&2
    exit 0
fi
marker=$(head -n 1 "$comment")
if ! [[ $marker =~ ^'<!-- tunctl:plan' ]]; then
    echo "$comment does not begin with the line by which its successor finds it" >&2
    exit 1
fi
comments=repos/${GITHUB_REPOSITORY:?}/issues/$WITH_PULL_REQUEST/comments
known=$(gh api --paginate "$comments?per_page=100" |
    jq -r --arg marker "$marker" --arg author "${WITH_AUTHOR:-github-actions[bot]}" \
        '.[] | select(.user.login == $author and (.body | split("\n")[0] | rtrimstr("\r")) == $marker) | .id' |
    head -n 1)
if [ -n "$known" ]; then
    jq -Rs '{body: .}' "$comment" |
        gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$known" --input - --silent
else
    jq -Rs '{body: .}' "$comment" | gh api --method POST "$comments" --input - --silent
fi
