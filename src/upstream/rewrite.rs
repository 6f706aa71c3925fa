//! What of an answer is written anew before it is passed on: a header, or a short body.

use std::os::fd::AsFd;

use tokio::io::AsyncRead;

use super::arrived::Arrived;
use super::watch::{CallerSide, Read};
use crate::names::write_decimal;
use crate::wire::{AnswerFraming, AnswerHead, Field, is_hop_by_hop};

impl Arrived {
    /// The answer's headers, in the order of the wire.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        self.answer.fields(&self.buffer)
    }

    /// Puts `value` in the place of every header `name`, of which there may be none. Not for what frames the body.
    pub fn put_field(&mut self, name: &str, value: &[u8]) {
        let mut lines = Vec::with_capacity(name.len() + value.len() + 4);
        push_line(&mut lines, name, value);
        self.put_lines(name, &lines);
    }

    /// Takes out every header `name`. Not for what frames the body.
    pub fn take_field(&mut self, name: &str) {
        self.put_lines(name, b"");
    }

    fn put_lines(&mut self, name: &str, lines: &[u8]) {
        let mut anew = self.answer.rewritten(&self.buffer, &[name], lines);
        anew.extend_from_slice(self.buffer.get(self.answer.length..).unwrap_or_default());
        self.replace(anew);
    }

    /// Puts what `rewrite` makes of a header's name or value in its place, of the same length; and of the status's reason.
    /// What frames the body or is of one hop is not asked about.
    pub fn rewrite_fields(&mut self, mut rewrite: impl FnMut(&[u8]) -> Option<Vec<u8>>) {
        let fields = self.fields().filter(|field| !is_hop_by_hop(field.name));
        let values = fields.flat_map(|field| [field.name, field.value]);
        let mut anew: Vec<(usize, Vec<u8>)> = Vec::new();
        for text in values.chain([self.answer.reason(&self.buffer)]) {
            let at = text.as_ptr().addr() - self.buffer.as_ptr().addr();
            anew.extend(rewrite(text).filter(|value| value.len() == text.len()).map(|value| (at, value)));
        }
        for (at, value) in anew {
            if let Some(place) = self.buffer.get_mut(at..at + value.len()) {
                place.copy_from_slice(&value);
            }
        }
    }

    /// Whether the body comes in chunks, beside which an answer can say more: in their extensions and in trailers.
    pub fn is_chunked(&self) -> bool {
        self.answer.framing == AnswerFraming::Chunked
    }

    /// Whether the answer has a body.
    pub fn has_body(&self) -> bool {
        !matches!(self.answer.framing, AnswerFraming::None | AnswerFraming::Length(0))
    }

    /// The whole body, without its framing, if it is at most `max` bytes and has arrived soon. The answer is unchanged.
    pub async fn whole_body<S: AsyncRead + AsFd + Unpin>(
        &mut self,
        max: usize,
        side: &mut CallerSide<'_, S>,
    ) -> Option<Vec<u8>> {
        /// What chunk framing may add: a short body comes in a few chunks.
        const FRAMING_MAX: usize = 1024;
        self.peek(max + FRAMING_MAX, side).await;
        let framed = self.buffer.get(self.answer.length..).unwrap_or_default();
        let (mut progress, mut body) = (self.answer.framing.progress(), Vec::new());
        progress.advance(framed, |run| body.extend_from_slice(run)).ok()?;
        let is_ended = matches!(self.ended, Some(Read::End)) && !self.is_broken;
        let is_whole = progress.is_done() || self.answer.framing == AnswerFraming::UntilClose && is_ended;
        (is_whole && body.len() <= max).then_some(body)
    }

    /// Puts `body` in the place of the one that came. If that was not read whole by [`Self::whole_body`], its connection
    /// serves nobody else.
    pub fn put_body(&mut self, body: &[u8]) {
        let framed = self.buffer.get(self.answer.length..).unwrap_or_default();
        let mut progress = self.answer.framing.progress();
        let used = progress.advance(framed, |_| {});
        let is_exact = progress.is_done() && used.is_ok_and(|used| used == framed.len());
        let mut lines = b"Content-Length: ".to_vec();
        write_decimal(&mut lines, body.len() as u64);
        lines.extend_from_slice(b"\r\n");
        let framing = ["content-length", "transfer-encoding"];
        let keeps_alive = self.answer.keeps_alive && is_exact;
        let mut anew = self.answer.rewritten(&self.buffer, &framing, &lines);
        anew.extend_from_slice(body);
        self.replace(anew);
        self.answer.keeps_alive &= keeps_alive;
        self.ended = None;
    }

    /// `anew` is the head as it was parsed but for a few lines, and what follows it. If it were none any more, the old one
    /// must not pass for it: whoever rewrites has a reason.
    fn replace(&mut self, anew: Vec<u8>) {
        const NONE: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let to_head = self.answer.framing == AnswerFraming::None;
        for anew in [anew, NONE.to_vec()] {
            if let Ok(Some(answer)) = AnswerHead::parse_rewritten(&anew, to_head) {
                self.answer = answer;
                self.buffer = anew;
                return;
            }
        }
    }
}

fn push_line(lines: &mut Vec<u8>, name: &str, value: &[u8]) {
    lines.extend_from_slice(name.as_bytes());
    lines.extend_from_slice(b": ");
    lines.extend_from_slice(value);
    lines.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::Instant;

    use super::*;
    use crate::upstream::connection::{Connection, Transport};

    async fn arrived(text: &[u8]) -> Arrived {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let answer = AnswerHead::parse(text, false).unwrap().unwrap();
        let connection = Connection::new(Transport::Plain(stream), Instant::now());
        let buffer = text.to_vec();
        Arrived {
            connection,
            buffer,
            answer,
            is_request_whole: true,
            is_broken: false,
            ended: None,
            patience: None,
        }
    }

    #[tokio::test]
    async fn a_header_takes_the_place_of_all_of_its_name_and_nothing_else_changes() {
        let text =
            b"HTTP/1.1 200 OK\r\nA: 1\r\nauthorization: x\r\nContent-Length: 2\r\nAuthorization: y\r\n\r\nhi";
        let mut arrived = arrived(text).await;
        arrived.put_field("Authorization", b"z");
        let expected = b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\nAuthorization: z\r\n\r\nhi";
        assert_eq!(arrived.buffer, expected);
        assert_eq!(arrived.field("authorization"), Some(&b"z"[..]));
        assert_eq!(arrived.answer.framing, AnswerFraming::Length(2));
    }

    #[tokio::test]
    async fn a_body_takes_the_place_of_a_chunked_one_with_its_own_length() {
        let text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let mut arrived = arrived(text).await;
        arrived.put_body(b"hello");
        assert_eq!(arrived.buffer, b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 5\r\n\r\nhello");
        assert_eq!(arrived.answer.framing, AnswerFraming::Length(5));
        assert!(arrived.answer.keeps_alive);
    }

    #[tokio::test]
    async fn a_head_as_large_as_may_come_can_still_be_rewritten() {
        let many = (0..200).map(|number| format!("A{number}: 1\r\n")).collect::<String>();
        let filled = format!("HTTP/1.1 403 F\r\nA: {}\r\n\r\n", "a".repeat(64 * 1024 - 23));
        for head in [format!("HTTP/1.1 403 F\r\n{many}\r\n"), filled] {
            let mut arrived = arrived(format!("{head}secret").as_bytes()).await;
            arrived.put_field("B", b"1");
            arrived.put_body(b"******");
            assert!(arrived.buffer.ends_with(b"B: 1\r\nContent-Length: 6\r\n\r\n******"));
            assert_eq!((arrived.answer.status, arrived.answer.framing), (403, AnswerFraming::Length(6)));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_rewritten_does_not_pass_as_it_was() {
        let mut arrived = arrived(b"HTTP/1.1 403 F\r\nContent-Length: 6\r\n\r\nsecret").await;
        arrived.put_field("B", &[b'b'; 128 * 1024]);
        assert!(arrived.buffer.starts_with(b"HTTP/1.1 502 Bad Gateway\r\n"));
        assert!(!arrived.buffer.ends_with(b"secret"));
    }

    #[tokio::test]
    async fn a_connection_that_brought_more_than_the_body_is_not_kept() {
        let mut arrived = arrived(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1").await;
        arrived.put_body(b"hello");
        assert_eq!(arrived.buffer, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        assert!(!arrived.answer.keeps_alive);
    }
}
