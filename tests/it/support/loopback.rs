//! A server on a loopback port that reads a request and does what it is told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use std::fmt::Write as _;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to do with a request.
#[derive(Clone)]
pub(crate) enum Deed {
    /// Send these bytes, then close.
    Say(Vec<u8>),
    /// Close without a word.
    Close,
    /// Neither answer nor close.
    Hold,
}

/// Starts a server that does the deeds in order, one for each connection, and the last one
/// for all further ones. It ends with the runtime.
pub(crate) async fn serve(deeds: Vec<Deed>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        for turn in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            match &deeds[turn.min(deeds.len() - 1)] {
                Deed::Say(bytes) => {
                    // The client may hang up in the middle, which is its right.
                    stream.write_all(bytes).await.ok();
                    stream.shutdown().await.ok();
                }
                Deed::Close => drop(stream),
                Deed::Hold => held.push(stream),
            }
        }
    });
    address
}

/// An HTTP/1.1 response with a content length.
pub(crate) fn response(status: &str, headers: &[&str], body: &[u8]) -> Deed {
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for header in headers {
        head += header;
        head += "\r\n";
    }
    write!(head, "content-length: {}\r\n\r\n", body.len()).unwrap();
    Deed::Say([head.as_bytes(), body].concat())
}

/// Reads head and body, so that closing afterwards does not look like a refusal.
async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&request) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0);
    body.len() >= length
}
