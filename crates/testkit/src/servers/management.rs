//! A broker's management API: what tests ask of it, over plain HTTP.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use url::Url;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The management API of a broker.
#[derive(Debug, Clone)]
pub struct Management {
    address: String,
    authorization: String,
}

/// What the API answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON, or empty.
    pub body: String,
}

impl Management {
    /// The API at `http://user:password@host:port`; without a user it is asked as `guest`.
    ///
    /// # Errors
    ///
    /// When the address is not one of HTTP.
    pub fn at(url: &str) -> Result<Self, String> {
        let url: Url = url.parse().map_err(|error| format!("{error}"))?;
        let (Some(host), "http") = (url.host_str(), url.scheme()) else {
            return Err("not an http:// address".to_owned());
        };
        let (user, password) = credentials(&url);
        Ok(Self {
            address: format!("{host}:{}", url.port().unwrap_or(80)),
            authorization: base64(format!("{user}:{password}").as_bytes()),
        })
    }

    /// Asks: `call("GET", "/api/queues/some_vhost", "")`.
    ///
    /// # Errors
    ///
    /// When nobody answers, or what answers does not speak HTTP.
    pub fn call(&self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        // By HTTP 1.0, so that the body comes in one piece and ends with the connection.
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Basic {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.authorization,
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        match (status, body) {
            (Some(status), Some(body)) => Ok(Answer { status, body }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("no HTTP answer: {answer}"))),
        }
    }

    /// Asks for a change and takes nothing but success for an answer.
    ///
    /// # Errors
    ///
    /// When nobody answers, or with an error.
    pub(super) fn demand(&self, method: &str, path: &str, body: &str) -> io::Result<()> {
        let answer = self.call(method, path, body)?;
        match answer.status {
            200..300 => Ok(()),
            status => Err(io::Error::other(format!("{method} {path}: {status} {}", answer.body))),
        }
    }
}

/// User and password of an address, as they are typed; `guest` where it has none.
pub(super) fn credentials(url: &Url) -> (String, String) {
    match (url.username(), url.password()) {
        ("", _) => ("guest".to_owned(), "guest".to_owned()),
        (user, password) => (decoded(user), decoded(password.unwrap_or_default())),
    }
}

/// A text without its percent signs.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        (bytes, rest) = match code {
            Some(code) if first == b'%' => ([bytes, vec![code]].concat(), &after[2..]),
            _ => ([bytes, vec![first]].concat(), after),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let is_padding = place > chunk.len();
            let index = (group >> (18 - 6 * place)) & 63;
            text.push(if is_padding { '=' } else { char::from(ALPHABET[index as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn credentials_are_decoded_and_default_to_guest() {
        let of = |url: &str| credentials(&url.parse().unwrap());
        assert_eq!(of("amqp://h/"), ("guest".to_owned(), "guest".to_owned()));
        assert_eq!(of("amqp://me:p%40ss%zz@h/"), ("me".to_owned(), "p@ss%zz".to_owned()));
    }
}
