//! The API client over scripted servers, in simulated time where time matters.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

/// What is sent, and with which credentials.
mod calls;
/// Any answer gives a result or one clear error.
mod envelope;
/// What errors mean and what they tell the user to do.
mod errors;
/// Thousands of requests against a server that refuses, breaks off and forgets to answer.
mod hostile;
/// Over real sockets.
mod http;
/// Pages of lists.
mod page;
/// Staying below the rate limit, and using all of it.
mod rate;
/// Which outcomes are sent again, and when.
mod retry;
/// Nothing secret in errors, logs and debug output.
mod secrets;
/// Many requests against a hostile server.
mod storm;
