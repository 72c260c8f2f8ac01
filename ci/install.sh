#!/usr/bin/env bash
# Installs a release of tunctl, unless one is on the path already.
#
#   WITH_RELEASES   where releases are: https://HOST/OWNER/NAME/releases/download
#   WITH_VERSION    which one, such as v0.1.0
#   WITH_DIRECTORY  where to put it (default: a new directory, added to GITHUB_PATH)
set -euo pipefail

if command -v tunctl >/dev/null; then
    tunctl --version
    exit 0
fi
case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) target=x86_64-unknown-linux-musl ;;
    Linux-aarch64) target=aarch64-unknown-linux-musl ;;
    Darwin-x86_64) target=x86_64-apple-darwin ;;
    Darwin-arm64) target=aarch64-apple-darwin ;;
    *)
        echo "there is no release for $(uname -s) on $(uname -m): build it with cargo" >&2
        exit 1
        ;;
esac
version=${WITH_VERSION:?}
if ! [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    echo "\`$version\` is no release: name one, such as v0.1.0" >&2
    exit 1
fi
directory=${WITH_DIRECTORY:-$(mktemp -d)}
mkdir -p "$directory"
archive=tunctl-$target.tar.gz
for file in "$archive" SHA256SUMS; do
    curl --fail --silent --show-error --location --retry 3 \
        --output "$directory/$file" "${WITH_RELEASES:?}/$version/$file"
done
# Nothing is unpacked that is not what was released.
(
    cd "$directory"
    sum=$(grep -E "^[0-9a-f]{64}  $archive\$" SHA256SUMS)
    if command -v sha256sum >/dev/null; then
        sha256sum --check --quiet - <<<"$sum"
    else
        shasum --algorithm 256 --check --quiet - <<<"$sum"
    fi
    tar -xzf "$archive" --strip-components 1
)
"$directory/tunctl" --version
if [ -n "${GITHUB_PATH:-}" ]; then echo "$directory" >>"$GITHUB_PATH"; fi
