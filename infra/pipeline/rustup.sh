#!/usr/bin/env bash
# Installs Rust where a machine has none, by an installer of this version and this content, whatever its usual address serves
# today. Arguments are those of rustup-init. The toolchain itself is checked by the installer.
set -euo pipefail

version=1.29.0
toolchain=1.95.0
platform="$(uname -m)-unknown-linux-gnu"
# The toolchain is that of rust-version in Cargo.toml and of the image in infra/container/Containerfile: raise all three together.
# As https://static.rust-lang.org/rustup/archive/VERSION/PLATFORM/rustup-init.sha256 had them when the version was chosen.
case "$platform" in
    aarch64-unknown-linux-gnu) sha256=9732d6c5e2a098d3521fca8145d826ae0aaa067ef2385ead08e6feac88fa5792 ;;
    x86_64-unknown-linux-gnu) sha256=4acc9acc76d5079515b46346a485974457b5a79893cfb01112423c89aeb5aa10 ;;
    *) echo "rustup.sh: the installer's hash for $platform is not known; add it" >&2; exit 1 ;;
esac

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
curl --proto '=https' --tlsv1.2 -sSf -o "$folder/rustup-init" \
    "https://static.rust-lang.org/rustup/archive/$version/$platform/rustup-init"
echo "$sha256  $folder/rustup-init" | sha256sum --check --strict --quiet
chmod +x "$folder/rustup-init"
"$folder/rustup-init" -y --profile minimal --default-toolchain "$toolchain" "$@"
