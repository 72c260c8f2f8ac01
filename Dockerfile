# An image with the program and certificates, and no shell. It was not built where this file was
# written, which has no Docker; ci/package.sh and .ci/run build the same program.
#
#   docker build --tag tunctl --build-arg RUNTIME=REGISTRY/distroless/base-nossl-debian12:nonroot .
#   docker run --rm --volume "$PWD:/work" --env CLOUDFLARE_API_TOKEN --env CLOUDFLARE_ACCOUNT_ID tunctl plan

# What the program runs on: Distroless's `base-nossl-debian12:nonroot`, from where you get your images.
# There is no default, because no registry's name stands in this repository.
ARG RUNTIME

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY benches benches
COPY schema schema
COPY src src
COPY tests/it/main.rs tests/it/main.rs
RUN cargo build --release --locked --bin tunctl

# glibc, certificates and a user; nothing else, because the program needs no other library.
FROM ${RUNTIME}
COPY --from=build /src/target/release/tunctl /usr/local/bin/tunctl
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/tunctl"]
