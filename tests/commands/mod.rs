//! Commands as processes: what they print, and how they end.

mod presign;
mod sign;
mod words;
