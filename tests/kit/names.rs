//! A name server of a test's own.

use std::future::ready;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use countersign::upstream::{Resolve, Resolving};

/// Answers each question with the next of its answers, and the last one for good. Writes down what it was asked.
#[derive(Debug)]
pub(crate) struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    /// Each answer is a list of addresses, with blanks between.
    pub(crate) fn answering(answers: &[&str]) -> Arc<Self> {
        let addresses =
            |answer: &&str| answer.split_whitespace().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(addresses).collect(), asked: Mutex::default() })
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for Names {
    fn resolve(&self, name: &str) -> Resolving {
        let mut asked = self.asked.lock().unwrap();
        let answer = self.answers.get(asked.len()).or_else(|| self.answers.last()).cloned();
        asked.push(name.to_owned());
        Box::pin(ready(answer.ok_or_else(|| io::ErrorKind::NotFound.into())))
    }
}
