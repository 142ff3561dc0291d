//! The program: hands its arguments to the command line. Everything else is in the library.

use std::process::ExitCode;

/// Gives memory back after bursts of password checks, where glibc's own allocator keeps it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kinbridge::cli::run()
}
