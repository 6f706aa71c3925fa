//! A terminal, with a program on one side of it and a test as the human on the other.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::sync::mpsc;

use super::soon;

/// What the human sees and types at.
pub(crate) struct Terminal {
    keyboard: File,
    /// The program's side. Held while one may still be started there.
    device: Option<File>,
    coming: mpsc::UnboundedReceiver<Vec<u8>>,
    seen: Vec<u8>,
}

impl Terminal {
    pub(crate) fn open() -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
        let device = File::options().read(true).write(true).open(name).unwrap();
        let keyboard = File::from(keyboard);
        let (mut screen, (sender, coming)) = (keyboard.try_clone().unwrap(), mpsc::unbounded_channel());
        std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            // The end of a terminal on which no program is any more is an error.
            while let Ok(more @ 1..) = screen.read(&mut buffer) {
                if sender.send(buffer[..more].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { keyboard, device: Some(device), coming, seen: Vec::new() }
    }

    /// For a program's standard input, output or error.
    pub(crate) fn stdio(&self) -> Stdio {
        self.device.as_ref().expect("nobody has closed it").try_clone().unwrap().into()
    }

    /// Waits until this is seen.
    pub(crate) async fn until(&mut self, text: &str) {
        self.device = None;
        soon(text, async {
            while !self.text().contains(text) {
                let more = self.coming.recv().await;
                self.seen.extend(more.unwrap_or_else(|| panic!("{text} is not in {}", self.text())));
            }
        })
        .await;
    }

    /// Everything that is seen until the program has gone.
    pub(crate) async fn end(&mut self) -> String {
        self.device = None;
        soon("the terminal's end", async {
            while let Some(more) = self.coming.recv().await {
                self.seen.extend(more);
            }
        })
        .await;
        self.text()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    pub(crate) fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
    }
}
