//! Links the part of GCC's runtime that unwinds into the program: else it would need
//! `libgcc_s.so.1` beside the C library, which small images and systems do not have.

use std::env;
use std::path::Path;
use std::process::Command;

/// The static form of `libgcc_s.so.1`, which comes with the C compiler that links.
const LIBRARY: &str = "libgcc_eh.a";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_glibc = env::var_os("CARGO_CFG_TARGET_ENV").is_some_and(|it| it == "gnu")
        && env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|it| it == "linux");
    // The compiler that is asked is this machine's.
    if !is_glibc || env::var_os("HOST") != env::var_os("TARGET") {
        return;
    }
    let asked = Command::new("cc")
        .arg(format!("-print-file-name={LIBRARY}"))
        .output();
    let found = asked.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    // A compiler that has no such file answers the bare name: then the shared form is needed.
    if let Ok(found) = found
        && let Some(directory) = Path::new(&found).parent()
        && directory.is_absolute()
    {
        println!("cargo:rustc-link-search=native={}", directory.display());
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
}
