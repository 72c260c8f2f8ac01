//! `tunctl serve`: over real HTTP against the emulator over real HTTP, at a time that stands still
//! until a test moves it; and as the real binary, killed.

/// What strangers send.
mod attacks;
/// Ends that take several attempts, restarts in between, and who is told what.
mod cleanup;
/// `kill -9` at every request.
mod crash;
/// Leases: renewed, over, and after a restart.
mod leases;
/// Many tunnels, many clients, and faults.
mod load;
/// The page.
mod page;
/// Places and slugs that several want.
mod races;
/// What rs-tunnel was asked, asked here.
mod replay;
/// A service, its account, its clock, and requests to it.
mod served;
/// The file of tokens, and the command line.
mod start;
