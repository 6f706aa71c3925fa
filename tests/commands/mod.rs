//! Commands as processes: what they print, and how they end.

mod against;
mod credential;
mod login;
mod presign;
mod sign;
mod terminal;
mod whoami;
mod words;
