//! Commands as processes: what they print, and how they end.

mod sign;
mod words;
