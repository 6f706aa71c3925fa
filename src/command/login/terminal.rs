//! What a login says to a human while it waits, and what it asks.

use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

/// The longest text of a server's that is shown.
const SHOWN_MAX: usize = 200;

/// A server's words, without what would do something to a terminal or turn a line around.
pub(super) fn shown(text: &str) -> String {
    let is_plain = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(is_plain).take(SHOWN_MAX).collect()
}

/// One line on standard error, written anew each time; where that is no terminal it is written once.
#[derive(Debug)]
pub(super) struct Progress {
    is_terminal: bool,
    was_told: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), was_told: false }
    }

    /// Waits still, and for so long at most.
    pub(super) fn waiting(&mut self, left: Duration) {
        let (minutes, seconds) = (left.as_secs() / 60, left.as_secs() % 60);
        let line = format!("Waiting for the browser, {minutes}:{seconds:02} at most; Ctrl-C gives up.");
        if self.is_terminal {
            let _ = write!(io::stderr().lock(), "\r{line} ");
        } else if !self.was_told {
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
        self.was_told = true;
    }

    /// Leaves the line.
    pub(super) fn end(self) {
        if self.is_terminal && self.was_told {
            let _ = writeln!(io::stderr().lock());
        }
    }
}

/// Whether somebody is there to be asked.
pub(super) fn has_human() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks which one of a list it is to be, until the answer is one of its numbers. `None`: whoever was asked has gone.
pub(super) fn choose(question: &str, list: &[String]) -> Option<usize> {
    choose_from(&mut io::stdin().lock(), &mut io::stderr().lock(), question, list)
}

fn choose_from(
    input: &mut impl BufRead,
    output: &mut impl Write,
    question: &str,
    list: &[String],
) -> Option<usize> {
    for (index, item) in list.iter().enumerate() {
        writeln!(output, "{:>3}  {item}", index + 1).ok()?;
    }
    loop {
        write!(output, "{question} [1-{}]: ", list.len()).and_then(|()| output.flush()).ok()?;
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let number = line.trim().parse::<usize>().ok().filter(|number| (1..=list.len()).contains(number));
        if let Some(number) = number {
            return Some(number - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_list_is_taken_and_anything_else_asked_again() {
        let list = ["one".to_owned(), "two".to_owned()];
        for (typed, chosen, asked) in
            [("2\n", Some(1), 1), ("0\n3\ntwo\n\n1\n", Some(0), 5), ("", None, 1), ("x\n", None, 2)]
        {
            let mut output = Vec::new();
            assert_eq!(choose_from(&mut typed.as_bytes(), &mut output, "Which", &list), chosen, "{typed:?}");
            let output = String::from_utf8(output).unwrap();
            assert!(output.starts_with("  1  one\n  2  two\nWhich [1-2]: "), "{output}");
            assert_eq!(output.matches("Which").count(), asked, "{output}");
        }
    }

    #[test]
    fn a_servers_words_do_nothing_to_a_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\r\nc\u{202e}d\u{e9}"), "a[2Jbcd\u{e9}");
        assert_eq!(shown(&"x".repeat(500)).len(), SHOWN_MAX);
    }
}
