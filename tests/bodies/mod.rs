//! Bodies and answers: how they are framed, in which order they move, and how little of them is kept.

mod answers;
mod continues;
mod flow;
mod gone;
mod pipelined;
mod uploads;
