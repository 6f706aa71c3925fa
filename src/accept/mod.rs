//! The front door: callers connect, their requests are read, refusals are written.
//!
//! Bytes are judged here and nowhere else; what reaches the application is a head that every rule of the grammar holds
//! for. This room knows no credential, no endpoint and no setting.

mod answering;
mod caller;
mod gate;
mod listen;
mod refuse;
mod serve;
mod stream;

pub use answering::Answering;
pub use caller::Caller;
pub use gate::refusal_of;
pub use listen::{Address, BindError, Listening, SocketFile, bind, bind_within};
pub use refuse::{Dialect, Rendered, error_body, render};
pub use serve::{Application, Limits, Next, Phase, Shared, ending, serve};
pub use stream::Stream;
